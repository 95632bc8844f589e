// What pages decide is made again by the server, for a sample of visitors who allowed it: the same comes out.
import { expect, test } from "@playwright/test";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const url = process.env.ATTUNE_URL;
const root = new URL("../../", import.meta.url).pathname;
let call, pages, site;

const offer = (id, weight) => ({ id, weight, category: id, content: { en: { title: `Offer ${id}` } } });
const SOURCE = {
  attributes: [{ id: "tier" }, { id: "spend" }],
  placements: [{ id: "asked" }, { id: "own" }],
  offers: [offer("travel", 1.25), offer("card", 1), offer("gold", 0.1)],
  campaigns: [
    {
      id: "cards", status: "running", placements: ["asked", "own"], offers: ["travel", "card", "gold"],
      rank: { weight: 1, affinity: 0.3 },
      caps: [{ scope: "offer", per: "session", max: 3 }],
    },
  ],
};

const change = async (values) => {
  const { body, version } = await call("GET", `/api/sites/${site}/settings`);
  await call("PUT", `/api/sites/${site}/settings`, { ...body, ...values }, { "if-match": `"${version}"` });
};

test.beforeAll(async () => {
  call = await signIn(url);
  site = `receipts-${Date.now()}`;
  const { key } = await call("POST", "/api/sites", { name: site, origins: [] });
  for (const [kind, documents] of Object.entries(SOURCE))
    for (const document of documents) await call("POST", `/api/sites/${site}/${kind}`, document);
  await change({ holdout_percent: 0, page_receipts_percent: 100 });
  pages = await servePages(url, key);
});
test.afterAll(() => pages.stop());

// Answers to receipts, with what was sent.
function watched(page) {
  const sent = [];
  page.on("response", async (response) => {
    if (!response.url().endsWith("/v1/receipts") || response.request().method() !== "POST") return;
    // A page that has been left has no answers any more.
    const answer = await response.json().catch(() => ({}));
    sent.push({ ...response.request().postDataJSON(), ...answer });
  });
  return sent;
}
const titles = (page) => page.evaluate(() => ["h1", "h2"].map((name) => document.querySelector(name).textContent));

test("what a page decided comes out the same here, and is in a log that can be verified", async ({ page }) => {
  const sent = watched(page);
  await page.goto(`${pages.origin}/server`);
  await expect.poll(() => titles(page)).toEqual(["Offer travel", "Offer travel"]);
  await page.evaluate(async () => {
    await window.attune.identify("cust_7", { tier: "gold", spend: 1234.5678 });
    await window.attune.track("item_viewed", { item: "a", category: "card" });
    for (let time = 0; time < 3; time++) await window.attune.decide("own", { limit: 3 });
    await window.attune.peek("own");
  });
  await expect.poll(() => sent.flatMap(({ verdicts }) => verdicts)).toEqual(Array(5).fill("same"));
  const folder = `${process.env.ATTUNE_DATA}/decisions`;
  const { body } = await call("GET", `/api/sites/${site}/settings`);
  expect(body.page_receipts_percent).toBe(100);
  const files = (await readdir(folder)).filter((name) => /^\d+-\d+\.ndjson$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  const attune = process.env.ATTUNE_BINARY ?? `${root}target/debug/attune`;
  let verified = 0;
  for (const file of files) {
    const { stdout } = await promisify(execFile)(attune, ["verify", "--receipts", `${folder}/${file}`, "--json"]);
    verified += JSON.parse(stdout).same;
  }
  expect(verified).toBeGreaterThanOrEqual(5);
  expect(await call("GET", `/api/sites/${site}/differences`)).toEqual([]);
});

test("a decision that comes out otherwise is kept with both traces", async ({ page }) => {
  const sent = watched(page);
  // A page whose engine is broken: it says of every decision that another offer won.
  await page.route("**/v1/receipts", async (route) => {
    const body = route.request().postDataJSON();
    for (const receipt of body.receipts) receipt.output = receipt.output.replaceAll("travel", "gold");
    await route.continue({ postData: JSON.stringify(body) });
  });
  await page.goto(`${pages.origin}/server`);
  await expect.poll(() => sent.length).toBe(2);
  expect(sent.map(({ verdicts }) => verdicts)).toEqual([["differs", "differs"], ["differs", "differs"]]);
  expect(sent[1].receipts.every(({ steps }) => steps.length > 3)).toBe(true);
  const found = await call("GET", `/api/sites/${site}/differences`);
  expect(found).toHaveLength(4);
  expect(JSON.parse(found[0].server).offers[0].id).toBe("travel");
  expect(JSON.parse(found[0].page).offers[0].id).toBe("gold");
  expect(found[0].page_steps).toBe(null);
  expect(found[2].page_steps, "its steps are the server's: only what it said was changed").toEqual(found[2].server_steps);
});

test("who did not grant both sends nothing, nor who is not of the sample", async ({ page, browser }) => {
  const sent = watched(page);
  await page.goto(`${pages.origin}/server`);
  await expect.poll(() => sent.length, "of the page as it was opened").toBe(1);
  await page.evaluate(() => window.attune.consent({ measure: false, personalise: true }));
  expect(await page.evaluate(() => window.attune.decide("own"))).toMatchObject({ campaign: "cards" });
  await page.waitForTimeout(1_500);
  expect(sent).toHaveLength(1);

  await change({ page_receipts_percent: 0 });
  const context = await browser.newContext();
  const other = await context.newPage();
  const none = watched(other);
  const parts = [];
  other.on("request", (request) => parts.push(request.url()));
  await other.goto(`${pages.origin}/server`);
  await expect.poll(() => titles(other)).toEqual(["Offer travel", "Offer travel"]);
  await other.waitForTimeout(1_500);
  expect(none).toEqual([]);
  expect(parts.filter((part) => part.includes("/sdk/receipt"))).toEqual([]);
  await context.close();
});
