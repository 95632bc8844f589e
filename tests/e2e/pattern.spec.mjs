// The seven patterns: rules of the site that the bundle brings, so that a page without a line of code tells its own events.
import { expect, test } from "@playwright/test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const PATTERNS = [
  { id: "newsletter", kind: "campaign", parameter: "cid" },
  { id: "card_applied", kind: "goal", path: "/patterns/done", value: 100.5 },
  { id: "apply", kind: "form", selector: "#f7" },
  { id: "form_sent", kind: "goal", selector: "#f7", on: "submit" },
  { id: "spring", kind: "promotion", selector: ".spring" },
  { id: "application", kind: "process", steps: [
    { event: "application_opened", path: "/patterns/apply" },
    { event: "terms_accepted", path: "/patterns/apply", selector: "#agree" },
  ] },
  { id: "find", kind: "search", path: "/patterns*", parameter: "text" },
  { id: "rates", kind: "event", event: "rate_compared", selector: ".rate", properties: { product: "loan" },
    attributes: { rate: "data-rate", secret: "data-secret" } },
  { id: "broken", kind: "goal", selector: "p[[" },
];

// Makes a site with the patterns; its key.
async function create(site) {
  const { key } = await api("POST", "/api/sites", { name: site });
  const { version } = await api("GET", `/api/sites/${site}/capture`);
  await api("PUT", `/api/sites/${site}/capture`, { patterns: PATTERNS }, { "if-match": `"${version}"` });
  return key;
}

let pages, api;
test.beforeAll(async () => {
  api = await signIn(process.env.ATTUNE_URL);
  pages = await servePages(process.env.ATTUNE_URL, await create(`patterns-${Date.now()}`));
});
test.afterAll(() => pages.stop());
test.beforeEach(() => {
  pages.received.length = 0;
  pages.faults.length = 0;
});

const ready = (page) => page.waitForFunction(() => window.attune?.mode === "full");
const OURS = /^(page_|element_|vitals_|identified|dead_)/;

// Leaves; what the page told besides what every page tells, as name and fields, each event once.
async function told(page, name) {
  await page.goto(`${pages.origin}/blank`);
  const all = await pages.until(name, (events) => events.some((event) => event.name === "page_left"), "the end");
  const once = [...new Map(all.map((event) => [event.id, event])).values()].sort((a, b) => a.at - b.at);
  return once.filter(({ name }) => !OURS.test(name)).map(({ name, fields }) => [name, fields]);
}

test("a campaign, a step, a goal, a search and an event of the site's own, each once", async ({ page }) => {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.goto(`${pages.origin}/patterns/apply?cid=spring-mail&text=gold`);
  await ready(page);
  await page.click("#agree");
  await page.click("section > .rate");
  await page.click("#masked");
  await page.evaluate(() => history.pushState(null, "", "/patterns/done?cid=spring-mail&text=gold"));
  await page.waitForTimeout(200);
  await page.evaluate(() => history.replaceState(null, "", "/patterns/done?text=silver"));
  await page.waitForTimeout(200);
  const events = await told(page, "patterns");
  expect(events.filter(([name]) => !name.startsWith("promotion_"))).toEqual([
    ["campaign_entered", { source: "newsletter", campaign: "spring-mail" }],
    ["application_opened", { process: "application", step: 1 }],
    ["search_performed", { term: "gold" }],
    ["terms_accepted", { process: "application", step: 2 }],
    ["rate_compared", { product: "loan", rate: "3.9", secret: "x" }],
    ["rate_compared", { product: "loan", rate: "3.9" }],
    ["card_applied", { value: 100.5 }],
    ["card_applied", { value: 100.5 }],
    ["search_performed", { term: "silver", refined: true }],
  ]);
  expect(wrong).toEqual([]);
});

test("a reload and going back reach nothing again", async ({ page }) => {
  await page.goto(`${pages.origin}/patterns/done?cid=a`);
  await ready(page);
  await page.reload();
  await ready(page);
  await page.waitForTimeout(300);
  const events = await told(page, "patterns/done");
  expect(events.filter(([name]) => !name.startsWith("promotion_"))).toEqual([
    ["campaign_entered", { source: "newsletter", campaign: "a" }],
    ["card_applied", { value: 100.5 }],
  ]);
});

test("a promotion is seen once a view, clicked, and not where it is to be ignored", async ({ page }) => {
  await page.goto(`${pages.origin}/patterns`);
  await ready(page);
  await page.waitForTimeout(1_600);
  await page.click("#see");
  await page.evaluate(() => {
    const later = document.createElement("p");
    later.className = "spring";
    later.textContent = "One that the page adds";
    document.body.prepend(later);
  });
  await page.waitForTimeout(1_500);
  expect(await told(page, "patterns")).toEqual([
    ["promotion_viewed", { promotion: "spring" }],
    ["promotion_clicked", { promotion: "spring" }],
    ["promotion_viewed", { promotion: "spring" }],
  ]);
});

test("a form has the site's name for it", async ({ page }) => {
  await page.goto(`${pages.origin}/patterns`);
  await ready(page);
  await page.fill("input[name=first]", "never sent");
  await page.evaluate(() => document.querySelector("#f7").addEventListener("submit", (event) => event.preventDefault()));
  await page.click("#f7 button");
  const events = await told(page, "patterns");
  const forms = events.filter(([name]) => name.startsWith("form_")).map(([name, { form }]) => [name, form]);
  expect(forms.slice(0, 2)).toEqual([["form_started", "apply"], ["form_field_changed", "apply"]]);
  // Both are of the same moment: which is told first is nobody's promise.
  expect(forms.slice(2).sort()).toEqual([["form_sent", undefined], ["form_submitted", "apply"]]);
  expect(JSON.stringify(events)).not.toContain("never sent");
});

test("what happens before the rules have come is told with its own time", async ({ page }) => {
  let letGo;
  const arrives = new Promise((done) => (letGo = done));
  pages.faults.push(async (path) => {
    if (path.startsWith("/sdk/pattern")) await arrives;
  });
  await page.goto(`${pages.origin}/patterns/apply`);
  await ready(page);
  await page.click("#agree");
  const after = Date.now();
  await page.waitForTimeout(400);
  letGo();
  await page.waitForTimeout(300);
  await page.goto(`${pages.origin}/blank`);
  const wanted = (events) => events.some(({ name }) => name === "terms_accepted");
  const events = await pages.until("patterns/apply", wanted, "the step");
  expect(events.filter(({ name }) => name === "application_opened")).toHaveLength(1);
  const accepted = events.filter(({ name }) => name === "terms_accepted");
  expect(accepted).toHaveLength(1);
  expect(accepted[0].at).toBeLessThanOrEqual(after);
});

test("a pattern that nothing matches for a day is told of, each step of a process by itself", async ({ page }) => {
  const site = `silent-${Date.now()}`;
  const pages = await servePages(process.env.ATTUNE_URL, await create(site));
  const run = promisify(execFile);
  const binary = process.env.ATTUNE_BINARY ?? new URL("../../target/debug/attune", import.meta.url).pathname;
  const silent = async () => JSON.parse((await run(binary, ["site", "silent-patterns", site, "--data", process.env.ATTUNE_DATA, "--json"])).stdout);
  expect(await silent(), "they are new").toEqual([]);
  // As if they had been made three days ago.
  const older = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],timeout=20); c.execute(\"UPDATE document_history SET updated_at=updated_at-259200000 WHERE kind='capture'\"); c.commit()";
  await run("python3", ["-c", older, `${process.env.ATTUNE_DATA}/control.db`]);
  await page.goto(`${pages.origin}/patterns/apply?cid=spring`);
  await ready(page);
  await pages.until("patterns", (events) => events.some(({ name }) => name === "application_opened"), "the step");
  await page.goto(`${pages.origin}/blank`);
  await api("POST", "/api/flush");
  const told = (await silent()).map(({ id, events }) => `${id}: ${events.join(" ")}`);
  expect(told).toContain("application: terms_accepted");
  expect(told).not.toContain("application: application_opened");
  expect(told).not.toContain("newsletter: campaign_entered");
  pages.stop();
});
