// The debugger: for whoever has a token, in a shadow root of its own, under a strict policy; nothing for anybody else.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const url = process.env.ATTUNE_URL;
const root = new URL("../../", import.meta.url).pathname;
const binary = process.env.ATTUNE_BINARY ?? `${root}target/debug/attune`;
let api, site, pages;
test.beforeAll(async () => {
  api = await signIn(url);
  site = `debug-${Date.now()}`;
  const { key } = await api("POST", "/api/sites", { name: site });
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/placements`, { id: "foot" });
  await api("POST", `/api/sites/${site}/offers`, { id: "sea", content: { en: { title: "Off to the sea" }, ko: { title: "바다로" } } });
  await api("POST", `/api/sites/${site}/campaigns`, { id: "travellers", status: "running", placements: ["home-hero"], offers: ["sea"] });
  const capture = await api("GET", `/api/sites/${site}/capture`);
  await api("PUT", `/api/sites/${site}/capture`, { levels: [{ level: 2, path: "/debug*" }] }, { "if-match": `"${capture.version}"` });
  pages = await servePages(url, key);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => (pages.received.length = 0));

// As somebody in a terminal gets one.
async function token(minutes = 30) {
  const { stdout } = await promisify(execFile)(binary, ["debug", site, "--minutes", String(minutes), "--data", process.env.ATTUNE_DATA]);
  return stdout.trim();
}

function watched(page) {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && wrong.push(message.text()));
  return wrong;
}
const panel = (page) => page.locator("attune-debugger .panel");
const rows = (page) => panel(page).locator(".row > summary");

test("it tells of events, levels, redactions, consent, decisions, the profile and the network", async ({ page }) => {
  const wrong = watched(page);
  await page.goto(`${pages.origin}/debug${await token()}`);
  await expect(panel(page)).toBeVisible();
  await expect(panel(page).locator(".facts")).toContainText("full");
  await expect(panel(page).locator(".facts")).toContainText("L2 · by rule /debug*");
  await expect(panel(page).locator(".facts")).toContainText("measure: yes (answered)");
  await expect(panel(page).locator(".facts")).toContainText("share: no");
  await expect(rows(page).filter({ hasText: "page_viewed" })).toContainText("L1");

  await page.evaluate(() => window.attune.track("quote_requested", { amount: 3, note: "call 010-1234-5678" }));
  const quote = rows(page).filter({ hasText: "quote_requested" });
  await expect(quote).toContainText("1 × phone removed");
  await expect(quote).toContainText("left out at level 2");
  await expect(quote).toContainText("sent", { timeout: 10_000 });
  await quote.click();
  await expect(panel(page).locator(".row[open]")).toContainText("[phone]");
  await page.locator("input").click();
  const started = rows(page).filter({ hasText: "form_started" });
  await expect(started).toContainText("needs level 3, here 2");

  await panel(page).getByRole("tab", { name: "Decisions" }).click();
  const card = panel(page).locator(".card").filter({ hasText: "home-hero" });
  await expect(card.locator(".shown")).toHaveText("Off to the sea");
  await expect(card).toContainText("travellers");
  await card.locator("summary").click();
  await expect(card.locator("li").first()).toBeVisible();
  expect((await card.locator("li").allTextContents()).join(" ")).toMatch(/sea|travellers/);
  await expect(panel(page).locator(".card").filter({ hasText: "foot" }).locator(".shown")).toHaveText("Default content");
  await page.screenshot({ path: `${root}target/e2e/debugger-decisions.png` });

  await panel(page).getByRole("tab", { name: "Visitor" }).click();
  await expect(panel(page).locator("[role=tabpanel]")).toContainText("quote_requested");
  await panel(page).getByRole("tab", { name: "Network" }).click();
  await expect(panel(page).locator("[role=tabpanel]")).toContainText("v1/batch");
  await expect(panel(page).locator("[role=tabpanel]")).toContainText("0 waiting to be sent", { timeout: 10_000 });
  await page.keyboard.press("ArrowRight");
  await expect(panel(page).getByRole("tab", { name: "Events" })).toHaveAttribute("aria-selected", "true");
  await page.screenshot({ path: `${root}target/e2e/debugger-events.png` });
  const { violations } = await new AxeBuilder({ page }).include("attune-debugger").analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);

  // Clicks in it are nobody's, and the token is in no event.
  const sent = JSON.stringify(pages.received);
  expect(sent).not.toContain("eyJ");
  expect(pages.events("debug").filter(({ name }) => name === "element_clicked")).toEqual([]);
  expect(wrong).toEqual([]);
});

test("it stays in the tab until it is closed", async ({ page }) => {
  await page.goto(`${pages.origin}/debug${await token()}`);
  await expect(panel(page)).toBeVisible();
  await page.goto(`${pages.origin}/plain`);
  await expect(panel(page)).toBeVisible();
  await panel(page).getByRole("button", { name: "Close" }).click();
  await expect(panel(page)).toHaveCount(0);
  await page.goto(`${pages.origin}/plain`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  await expect(panel(page)).toHaveCount(0);
});

test("without a good token there is nothing, and nothing of it is loaded without any", async ({ page, context }) => {
  const loaded = [];
  page.on("request", (request) => /\/sdk\/debug-|\/v1\/debug/.test(request.url()) && loaded.push(request.url()));
  await page.goto(`${pages.origin}/debug`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  expect(loaded).toEqual([]);
  const good = await token();
  const flipped = good.slice(0, -6) + (good.at(-6) === "A" ? "B" : "A") + good.slice(-5);
  for (const bad of [flipped, "?attune_debug=nothing"]) {
    const other = await context.newPage();
    const answer = other.waitForResponse((one) => one.url().endsWith("/v1/debug"));
    await other.goto(`${pages.origin}/debug${bad}`);
    expect((await answer).status()).toBe(403);
    await other.waitForFunction(() => window.attune?.mode === "full");
    await expect(panel(other)).toHaveCount(0);
    expect(await other.evaluate(() => sessionStorage.length)).toBe(0);
  }
  // Another site's token.
  const { key } = await api("POST", "/api/sites", { name: `debug-other-${Date.now()}` });
  const body = JSON.stringify({ site: key, token: good.split("=")[1] });
  expect((await fetch(`${url}/v1/debug`, { method: "POST", body })).status).toBe(403);
});

test("in Korean, and on a page that decides nothing by itself", async ({ page }) => {
  await page.goto(`${pages.origin}/debug-ko${await token()}`);
  await expect(panel(page).getByRole("tab", { name: "이벤트" })).toBeVisible();
  await panel(page).getByRole("tab", { name: "결정" }).click();
  await expect(panel(page).locator(".card .shown").first()).toHaveText("바다로");
  await expect(panel(page)).toContainText("이 페이지는 스스로 결정하지 않아");
});
