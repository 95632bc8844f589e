// How much is captured where: the site's rules, pages over http, and what nobody knows without a bundle.
import { chromium, expect, test } from "@playwright/test";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const LEVELS = [
  { level: 4 },
  { level: 3, path: "/forms*" },
  { level: 2, path: "/clicks*" },
  { level: 5, path: "/clicks/all*" },
  { level: 4, path: "/clicks/all*" },
  { level: 1, path: "/clicks/views" },
  { level: 0, path: "/plain/off" },
  { level: 2, category: "travel" },
  { level: 1, scheme: "http", path: "/plain*" },
  { level: 0, scheme: "http", path: "/plain/http-off" },
];

let pages, api, site;
test.beforeAll(async () => {
  api = await signIn(process.env.ATTUNE_URL);
  site = `levels-${Date.now()}`;
  const { key } = await api("POST", "/api/sites", { name: site });
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await settle(LEVELS);
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/offers`, { id: "sky", content: { en: { title: "Sky" } } });
  const campaign = { id: "skies", status: "running", placements: ["home-hero"], offers: ["sky"] };
  await api("POST", `/api/sites/${site}/campaigns`, campaign);
  pages = await servePages(process.env.ATTUNE_URL, key);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => {
  pages.received.length = 0;
  pages.faults.length = 0;
  pages.line = null;
});

async function settle(levels) {
  const { version } = await api("GET", `/api/sites/${site}/capture`);
  return api("PUT", `/api/sites/${site}/capture`, { levels }, { "if-match": `"${version}"` });
}

const names = (events) => [...new Set(events.map(({ name }) => name))].sort();
const level = (page) => page.evaluate(() => window.attune.explainLevel());

// Does everything there is to capture on the page `name`, and leaves; what was received of it.
async function act(page, name, more = "") {
  await page.goto(`${pages.origin}/${name}`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  await page.evaluate(() => window.attune.consent({ measure: true, personalise: true }));
  const told = await level(page);
  await page.evaluate(() => window.attune.track("thing_done", { amount: 3 }));
  if (more) await page.evaluate(more);
  // Time in front passes, so that leaving has something to tell.
  await page.waitForTimeout(300);
  await page.goto(`${pages.origin}/blank`);
  await page.goto(`${pages.origin}/routes?after=${encodeURIComponent(name)}`);
  await pages.until(`routes?after=${encodeURIComponent(name)}`, (events) => events.length > 0, "the page after");
  return { told, events: pages.events(name).filter(({ url }) => new URL(url).pathname === `/${name}`) };
}

test("each level captures what it says and no more; the most specific rule counts, of equals the lower", async ({ page, browser }) => {
  const click = "document.querySelector('#nested').click()";
  const type = "document.querySelector('input:not([type=hidden])').focus()";
  const off = await act(page, "plain/off");
  expect(off.told).toEqual({ level: 0, by: "rule", rule: { level: 0, path: "/plain/off", category: "", scheme: "" } });
  expect(off.events).toEqual([]);

  const views = await act(page, "clicks/views", click);
  expect([views.told.level, names(views.events)]).toEqual([1, ["page_viewed"]]);

  const clicks = await act(page, "clicks/some", click);
  expect(clicks.told.rule.path).toBe("/clicks*");
  expect(names(clicks.events)).toEqual(["card_compared", "page_viewed", "thing_done"]);
  const bare = clicks.events.find(({ name }) => name === "card_compared").fields;
  expect(bare).toEqual({ tag: "button", id: "nested", text: "Compare" });
  expect(clicks.events.find(({ name }) => name === "thing_done").fields, "declared").toEqual({});

  const forms = await act(page, "forms", type);
  expect([forms.told.level, names(forms.events)]).toEqual([3, ["form_abandoned", "form_started", "page_viewed", "thing_done"]]);

  const equal = await act(page, "clicks/all", click);
  expect([equal.told.level, names(equal.events)]).toEqual([
    4, ["card_compared", "page_left", "page_viewed", "thing_done", "vitals_measured"],
  ]);
  expect(equal.events.find(({ name }) => name === "thing_done").fields).toEqual({});

  await settle(LEVELS.map((rule) => (rule.path === "/clicks/all*" ? { ...rule, level: 5 } : rule)));
  const later = await browser.newContext();
  const all = await act(await later.newPage(), "clicks/all?5", click);
  await later.close();
  await settle(LEVELS);
  const [done] = pages.events("clicks/all?5").filter(({ name }) => name === "thing_done");
  expect([all.told.level, done.fields]).toEqual([5, { amount: 3 }]);
});

test("a category has its level, and consent only lowers", async ({ page }) => {
  await page.goto(`${pages.origin}/hold`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  expect(await level(page)).toEqual({ level: 0, by: "consent", rule: { level: 4, path: "", category: "", scheme: "" } });
  await page.evaluate(() => window.attune.consent({ measure: true, personalise: true }));
  expect(await level(page)).toMatchObject({ level: 4, by: "rule" });
  await page.evaluate(() => {
    const said = document.createElement("meta");
    said.setAttribute("property", "product:category");
    said.content = "travel";
    document.head.append(said);
    history.pushState(null, "", "/hold/travel");
  });
  await expect.poll(() => level(page)).toMatchObject({ level: 2, by: "rule", rule: { category: "travel" } });
});

test("where nothing is captured the default content stays", async ({ page }) => {
  const shown = page.locator("[data-attune-text]");
  await page.goto(`${pages.origin}/plain/on`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  await page.evaluate(() => window.attune.consent({ measure: true, personalise: true }));
  await expect(shown).toHaveText("Sky");
  await page.evaluate(() => history.pushState(null, "", "/plain/off"));
  await expect(shown).toHaveText("The default");
  await page.goto(`${pages.origin}/plain/off`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  await page.waitForTimeout(500);
  await expect(shown).toHaveText("The default");
});

test("before the bundle has come nothing is sent, and then what its rules allow; without one views alone", async ({ browser }) => {
  pages.line = pages.small;
  const granted = () => {
    window.attune = window.attune || [];
    window.attune.push(["consent", { measure: true }]);
  };
  const [context, blocked] = [await browser.newContext(), await browser.newContext()];
  for (const each of [context, blocked]) await each.addInitScript(granted);
  const page = await context.newPage();
  let letGo;
  const arrives = new Promise((done) => (letGo = done));
  pages.faults.push(async (path) => {
    if (path.startsWith("/v1/manifest")) await arrives;
  });
  await page.goto(`${pages.origin}/clicks/views`);
  await page.waitForFunction(() => window.attune?.began);
  await page.evaluate(() => void window.attune.track("thing_done"));
  await page.waitForTimeout(700);
  expect(pages.received).toEqual([]);
  letGo();
  await page.waitForFunction(() => window.attune?.mode === "full");
  await page.goto(`${pages.origin}/clicks/some`);
  await page.waitForFunction(() => window.attune?.mode === "full");
  await page.evaluate(() => void window.attune.track("thing_done"));
  await pages.until("clicks/some", (events) => events.some(({ name }) => name === "thing_done"), "an event");
  expect(names(pages.events("clicks/views"))).toEqual(["page_viewed"]);

  pages.faults[0] = (path) => path.startsWith("/v1/manifest") && "cut";
  const lite = await blocked.newPage();
  await lite.goto(`${pages.origin}/clicks/lite`);
  await lite.waitForFunction(() => window.attune?.why === "no_bundle");
  expect(await level(lite)).toMatchObject({ level: 1, by: "no_bundle" });
  await lite.evaluate(() => void window.attune.track("thing_done"));
  await pages.until("clicks/lite", (events) => events.length > 0, "the view");
  await lite.waitForTimeout(300);
  expect(names(pages.events("clicks/lite"))).toEqual(["page_viewed"]);
  await Promise.all([context.close(), blocked.close()]);
});

test("over http pages are views at most, and less where a rule says so", async ({}, testInfo) => {
  const { args, executablePath } = testInfo.project.use.launchOptions;
  const browser = await chromium.launch({ executablePath, args: [...args, "--host-resolver-rules=MAP *.test 127.0.0.1"] });
  const page = await browser.newPage();
  const origin = pages.origin.replace("127.0.0.1", "shop.test");
  const of = (path) => pages.received.flatMap(({ events }) => events).filter(({ url }) => url === origin + path);
  try {
    await page.goto(`${origin}/clicks/plain`);
    await page.waitForFunction(() => window.attune?.why === "no_bundle");
    await page.evaluate(() => window.attune.consent({ measure: true }));
    expect(await level(page)).toMatchObject({ level: 1, by: "http", rule: { level: 2 } });
    await page.click("#nested");
    await expect.poll(() => names(of("/clicks/plain"))).toEqual(["page_viewed"]);
    await page.goto(`${origin}/plain/http-off`);
    await page.waitForFunction(() => window.attune?.why === "no_bundle");
    expect(await level(page)).toMatchObject({ level: 0, by: "rule" });
    await page.goto(`${origin}/plain/http-on`);
    await expect.poll(() => names(of("/plain/http-on"))).toEqual(["page_viewed"]);
    expect(of("/plain/http-off")).toEqual([]);
  } finally {
    await browser.close();
  }
});

test("rules that cannot be are refused by name", async () => {
  const refused = await settle([{ level: 9 }, { level: 1, path: "apply" }]).catch(String);
  expect(refused).toContain("422");
  expect(refused).toContain("levels[0]: level 9 is not within 0 to 5; levels[1]: path `apply` does not begin with `/`");
});
