// The visitor's own page: what is known, what was decided and why, switches, a copy, and to be forgotten.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

let pages;
test.beforeAll(async () => {
  const api = await signIn(process.env.ATTUNE_URL);
  const site = `privacy-${Date.now()}`;
  const { key } = await api("POST", "/api/sites", { name: site });
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/attributes`, { id: "tier" });
  await api("POST", `/api/sites/${site}/offers`, { id: "sea", weight: 1.25, content: { en: { title: "Off to the sea" }, ko: { title: "바다로" } } });
  await api("POST", `/api/sites/${site}/campaigns`, {
    id: "travellers", status: "running", placements: ["home-hero"], offers: ["sea"],
    audience: { event: { name: "page_viewed", where: { category: "travel" }, within: "7d", at_least: 1 } },
    reason: { en: "You looked at travel pages.", ko: "여행 페이지를 보셨습니다." },
  });
  pages = await servePages(process.env.ATTUNE_URL, key);
});
test.afterAll(() => pages.stop());

const own = (page) => page.locator("attune-privacy");
async function open(page, name = "privacy") {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && wrong.push(message.text()));
  await page.goto(`${pages.origin}/${name}`);
  await expect(own(page).locator("section").first()).toBeVisible();
  return wrong;
}

test("it tells what is known and why something is shown, in sentences, under a strict policy", async ({ page }) => {
  const wrong = await open(page);
  await page.evaluate(() => window.attune.identify("cust_1", { tier: "gold" }));
  await open(page);
  await expect(page.locator("h1")).toHaveText("Off to the sea");
  await expect(own(page)).toContainText("Signed in as");
  await expect(own(page)).toContainText("cust_1");
  await expect(own(page)).toContainText(/page_viewed: travel\s*2 ×/);
  await expect(own(page)).toContainText("Interest in travel");
  await expect(own(page)).toContainText("Attribute tier");
  await expect(own(page).locator(".attune-privacy-shown")).toHaveText("Off to the sea");
  await expect(own(page).locator(".attune-privacy-reason")).toHaveText("You looked at travel pages.");
  await own(page).locator(".attune-privacy-why").click();
  await expect(own(page)).toContainText("The visitor belongs to the audience of “travellers”.");
  await expect(own(page)).toContainText("“sea” scores 1.25.");
  const { violations } = await new AxeBuilder({ page }).include("attune-privacy").analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(await page.evaluate(() => [document.styleSheets.length, document.querySelectorAll("[style]").length])).toEqual([0, 0]);
  expect(wrong).toEqual([]);
});

test("in Korean", async ({ page }) => {
  await open(page, "privacy-ko");
  await expect(own(page)).toContainText("이 기기에 저장된 정보");
  await expect(own(page).locator(".attune-privacy-shown")).toHaveText("바다로");
  await own(page).locator(".attune-privacy-why").click();
  await expect(own(page)).toContainText("방문자가 개인화를 허용했습니다.");
});

test("switches hold at once, without the network, too", async ({ page, context }) => {
  await open(page);
  await expect(page.locator("h1")).toHaveText("Off to the sea");
  await context.setOffline(true);
  await own(page).locator("input[name=personalise]").uncheck();
  await expect(page.locator("h1")).toHaveText("The default");
  await expect(own(page).locator(".attune-privacy-shown")).toHaveText("What everybody sees.");
  await expect(own(page)).not.toContainText("page_viewed");
  expect(await page.evaluate(() => window.attune.consent())).toMatchObject({ measure: true, personalise: false });
  await own(page).locator("input[name=personalise]").check();
  expect(await page.evaluate(() => window.attune.consent())).toMatchObject({ personalise: true });
});

test("a copy of everything, and nothing left once it is forgotten", async ({ page }) => {
  await open(page);
  await page.evaluate(() => window.attune.track("thing_done", { amount: 3 }));
  const [copy] = await Promise.all([page.waitForEvent("download"), own(page).locator(".attune-privacy-download").click()]);
  const told = JSON.parse(await readFile(await copy.path(), "utf8"));
  expect(told).toMatchObject({ consent: { measure: true, personalise: true }, user: null });
  expect(told.visitor).toMatch(/^[0-9a-f]{32}$/);
  expect(told.profile.counters.map(({ name }) => name)).toContain("thing_done");
  const { visitor } = told;
  await own(page).locator(".attune-privacy-forget").click();
  await own(page).locator(".attune-privacy-sure").click();
  await expect(own(page).locator("[role=status]")).toHaveText("Everything on this device is forgotten.");
  await expect(own(page)).not.toContainText("thing_done");
  const [next] = await Promise.all([page.waitForEvent("download"), own(page).locator(".attune-privacy-download").click()]);
  expect(JSON.parse(await readFile(await next.path(), "utf8")).visitor).not.toBe(visitor);
});

// Playwright switches the cache off, and hangs where it is on: so the page is deaf for a while, as in the cache, and then told
// that it is back, as by the browser.
test("a page back from the back-forward cache knows what other pages have learnt, and what was said there", async ({ context }) => {
  const frozen = await context.newPage();
  await frozen.addInitScript(() => addEventListener("storage", (event) => event.stopImmediatePropagation(), true));
  const leave = () => frozen.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  const back = () => frozen.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  const shown = frozen.locator("h1");
  await frozen.goto(`${pages.origin}/plain`);
  await frozen.waitForFunction(() => window.attune?.mode === "full");
  await frozen.waitForTimeout(600); // What it knows is stored.
  await expect(shown).toHaveText("The default");
  await leave();

  const other = await context.newPage();
  await open(other);
  await expect(other.locator("h1")).toHaveText("Off to the sea");
  await other.waitForTimeout(600);
  await expect(shown).toHaveText("The default");
  await back();
  await expect(shown).toHaveText("Off to the sea");

  const visitor = () => other.evaluate(() => JSON.parse(Object.entries(localStorage).find(([name]) => name.endsWith(":who"))?.[1] ?? "null")?.visitor);
  const before = await visitor();
  await leave();
  await other.evaluate(() => window.attune.reset());
  const after = await visitor();
  expect(after).not.toBe(before);
  await back();
  await expect(shown).toHaveText("The default");
  await frozen.waitForTimeout(600);
  expect(await visitor(), "nobody's former self is there again").toBe(after);

  await leave();
  await other.evaluate(() => window.attune.consent({ personalise: false, measure: false }));
  await back();
  await frozen.evaluate(() => window.attune.track("too_late"));
  await frozen.waitForTimeout(600);
  expect(await other.evaluate(() => Object.keys(localStorage).filter((name) => /:(who|profile|learn|queue.*)$/.test(name)))).toEqual([]);
});
