// Decisions that the site's server printed into the page, and one visitor on several hosts of a site.
import { chromium, expect, test } from "@playwright/test";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const url = process.env.ATTUNE_URL;
let pages, key;
test.beforeAll(async () => {
  const api = await signIn(url);
  const site = `printed-${Date.now()}`;
  ({ key } = await api("POST", "/api/sites", { name: site }));
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/offers`, { id: "sky", content: { en: { title: "The sky card" } } });
  const campaign = { id: "skies", status: "running", placements: ["home-hero"], offers: ["sky"], caps: [{ scope: "campaign", per: "day", max: 1 }] };
  await api("POST", `/api/sites/${site}/campaigns`, campaign);
  pages = await servePages(url, key);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => (pages.received.length = 0));

const visitor = "5b0c1f0e-1111-4222-8333-444455556666";
const STRICT = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

// What a server does: asks, prints the answer and what it says. `change` spoils it.
async function print(page, path, change = (told) => told) {
  const question = { site: key, placement: "home-hero", visitor, content: true, consent: { personalise: "granted", measure: "granted" } };
  const told = await (await fetch(`${url}/v1/decide`, { method: "POST", body: JSON.stringify(question) })).json();
  const [offer] = told.decision.offers;
  const block = JSON.stringify(change(told)).replaceAll("<", "\\u003c");
  const body = `<!doctype html><html lang="en"><title>Printed</title><script src="/consent.js"></script>
    <script async src="/attune/tag.js?site=${key}"></script>
    <div data-attune-placement="home-hero"><h1 data-attune-text="title">${told.content[offer.id].en.title}</h1>
    <template data-attune-default><h1 data-attune-text="title">The default</h1></template>
    <script type="application/json" data-attune-decision>${block}</script></div>`;
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": STRICT };
  await page.route(`**/${path}`, (route) => route.fulfill({ headers, body }));
  return told.decision;
}

const exposed = (events) => events.filter(({ name }) => name === "offer_exposed").map(({ fields }) => fields.decision);

test("what the server printed stays, and is exposed as the decision that it is", async ({ page }) => {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  const decision = await print(page, "printed");
  const texts = [];
  await page.exposeFunction("changed", (text) => texts.push(text));
  await page.addInitScript(() =>
    addEventListener("DOMContentLoaded", () =>
      new MutationObserver(() => window.changed(document.querySelector("h1").textContent)).observe(document.querySelector("div"), { childList: true, subtree: true }),
    ),
  );
  await page.goto(`${pages.origin}/printed`);
  const events = await pages.until("printed", (all) => exposed(all).length > 0, "the exposure");
  expect(exposed(events)).toEqual([decision.id]);
  expect([await page.locator("h1").textContent(), texts]).toEqual(["The sky card", []]);
  expect((await page.evaluate(() => window.attune.peek("home-hero"))).reason, "it counts against caps").toBe("capped");
  await page.evaluate(() => window.attune.consent({ personalise: false }));
  await expect(page.locator("h1")).toHaveText("The default");
  expect(wrong).toEqual([]);
});

const spoilt = {
  "of another bundle": (told) => ({ ...told, decision: { ...told.decision, bundle: "0".repeat(32) } }),
  "of another placement": (told) => ({ ...told, decision: { ...told.decision, placement: "elsewhere" } }),
  "no decision at all": () => "nonsense",
};
for (const [what, change] of Object.entries(spoilt))
  test(`a printed decision that is ${what} counts for nothing, and the page decides`, async ({ page }) => {
    const path = `printed-${what.replaceAll(" ", "-")}`;
    const decision = await print(page, path, change);
    await page.goto(`${pages.origin}/${path}`);
    const events = await pages.until(path, (all) => exposed(all).length > 0, "the exposure");
    expect(exposed(events)).toHaveLength(1);
    expect(exposed(events)).not.toContain(decision.id);
    await expect(page.locator("h1")).toHaveText("The sky card");
  });

test("what was printed for somebody who has said no since goes back to the default", async ({ page }) => {
  await page.addInitScript(() => (window.attune = window.attune || []).push(["consent", { measure: true, personalise: false }]));
  await print(page, "printed-no");
  await page.route("**/consent.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  await page.goto(`${pages.origin}/printed-no`);
  await expect(page.locator("h1")).toHaveText("The default");
});

test("a cookie makes one visitor of several hosts, and goes with the visitor", async ({}, testInfo) => {
  const port = new URL(pages.origin).port;
  const [first, second] = ["a", "b"].map((name) => `http://${name}.shop.test:${port}`);
  const { args, executablePath } = testInfo.project.use.launchOptions;
  const more = ["--host-resolver-rules=MAP *.test 127.0.0.1", `--unsafely-treat-insecure-origin-as-secure=${first},${second}`];
  const browser = await chromium.launch({ executablePath, args: [...args, ...more] });
  const context = await browser.newContext();
  const page = await context.newPage();
  const of = (origin) => pages.received.filter(({ events }) => events.some((event) => event.url?.startsWith(origin))).map(({ visitor }) => visitor);
  const cookies = async () => (await context.cookies(first)).filter(({ name }) => name === "attune_visitor").map(({ value, domain }) => [value, domain]);
  try {
    await page.goto(`${first}/shared`);
    await page.waitForFunction(() => window.attune?.mode === "full");
    await expect.poll(() => of(first).length).toBeGreaterThan(0);
    await page.goto(`${second}/shared`);
    await page.waitForFunction(() => window.attune?.mode === "full");
    await expect.poll(() => of(second).length).toBeGreaterThan(0);
    const [[value, domain]] = await cookies();
    expect(domain).toBe(".shop.test");
    const ids = new Set([...of(first), ...of(second), value.replaceAll("-", "")]);
    expect(ids.size, "one id, as a server would read it").toBe(1);
    await page.evaluate(() => window.attune.optOut());
    await expect.poll(cookies).toEqual([]);
  } finally {
    await browser.close();
  }
});
