// What the SDK records without code: each page of tests/e2e/pages behaves in one way, and the batches say what was seen.
import { expect, test } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { servePages } from "./pages.mjs";

let pages;
test.beforeAll(async () => {
  pages = await servePages(process.env.ATTUNE_URL, process.env.ATTUNE_KEY);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => {
  pages.received.length = 0;
  pages.faults.length = 0;
});

const ready = (page) => page.waitForFunction(() => window.attune?.mode);
async function open(page, name) {
  await page.goto(`${pages.origin}/${name}`);
  await ready(page);
}

// Leaves the page; what it had to say up to then.
async function leave(page, name) {
  await page.goto(`${pages.origin}/blank`);
  const all = await pages.until(name, (events) => events.some((event) => event.name === "page_left"), "the end");
  return once(all);
}
// What was on its way as the page was left is sent again under its id, and the collector counts it once.
const once = (events) => [...new Map(events.map((event) => [event.id, event])).values()];

const of = (events, name) => events.filter((event) => event.name === name);
const fields = (events, name) => of(events, name).map((event) => event.fields);

test("a click tells what was activated, not what was typed or masked", async ({ page, context }) => {
  await open(page, "clicks");
  await page.click("#inner");
  await page.click("#nested");
  await page.click("#outer");
  await page.click("#masked");
  await page.click("#ignored");
  await page.click("#gone");
  await page.click("#inside");
  await context.route("http://localhost:1/**", (route) => route.abort());
  await page.evaluate(() => document.querySelector("#out").addEventListener("click", (event) => event.preventDefault()));
  await page.click("#out");
  await page.evaluate(() => document.querySelector("#file").addEventListener("click", (event) => event.preventDefault()));
  await page.click("#file");
  const events = await leave(page, "clicks");
  expect(fields(events, "element_clicked")).toEqual([
    { tag: "a", id: "inner", text: "Inner", href: "/clicks" },
    { tag: "button", id: "masked" },
    { tag: "button", id: "gone", text: "Removed while it is pressed" },
    { tag: "button", id: "inside", text: "In the shadow" },
    { tag: "a", id: "out", text: "Away", href: "localhost:1/away", outbound: true },
    { tag: "a", id: "file", text: "Terms", href: "/files/terms.pdf", download: true },
  ]);
  expect(fields(events, "card_compared")).toEqual([{ tag: "button", id: "nested", text: "Compare", card_name: "silver" }]);
  expect(of(events, "card_opened")).toHaveLength(1);
});

test("impatient clicks count once, clicks in vain once, and those that did something not at all", async ({ page }) => {
  await open(page, "clicks");
  for (let press = 0; press < 6; press++) await page.locator("#rage").click({ position: { x: 5 + press, y: 5 } });
  await page.click("#dead");
  await page.waitForTimeout(2_700);
  await page.click("#alive");
  await page.waitForTimeout(2_700);
  await page.click("#asks");
  await page.waitForTimeout(2_700);
  await page.click("#inner");
  await page.waitForTimeout(2_700);
  const events = await leave(page, "clicks");
  expect(fields(events, "rage_clicked")).toEqual([{ tag: "div", id: "rage", text: "Not a button at all" }]);
  expect(fields(events, "dead_clicked").map(({ id }) => id)).toEqual(["dead", "inner"]);
});

test("what happens before the SDK has arrived is kept with its own time and order", async ({ page }) => {
  let letGo;
  const arrives = new Promise((done) => (letGo = done));
  pages.faults.push(async (path) => {
    if (path.startsWith("/sdk/")) await arrives;
  });
  await page.goto(`${pages.origin}/clicks`);
  await page.waitForFunction(() => window.attune?.began);
  const before = Date.now();
  await page.click("#early");
  await page.evaluate(() => void window.attune.track("quote_requested", { amount: 3 }));
  await page.waitForTimeout(500);
  const after = Date.now();
  letGo();
  await ready(page);
  const events = await leave(page, "clicks");
  const [clicked] = of(events, "element_clicked");
  const [asked] = of(events, "quote_requested");
  const [viewed] = of(events, "page_viewed");
  expect(clicked.fields.id).toBe("early");
  expect(asked.fields).toEqual({ amount: 3 });
  expect(viewed.at).toBeLessThanOrEqual(before);
  expect(clicked.at).toBeGreaterThanOrEqual(before);
  expect(asked.at).toBeGreaterThanOrEqual(clicked.at);
  expect(asked.at).toBeLessThan(after - 300);
});

test("one view for each page a visitor sees, however the router goes about it", async ({ page }) => {
  await open(page, "routes");
  await page.click("#push");
  await page.waitForTimeout(150);
  await page.click("#storm");
  await page.waitForTimeout(150);
  await page.click("#hash");
  await page.waitForTimeout(150);
  await page.click("#anchor");
  await page.waitForTimeout(150);
  await page.goBack();
  await page.waitForTimeout(150);
  const events = await leave(page, "routes");
  const views = of(events, "page_viewed").map(({ url, title }) => [url.slice(pages.origin.length), title]);
  expect(views).toEqual([
    ["/routes", "Routes"],
    ["/routes/two?q=gold%20card&utm_source=none", "Two"],
    ["/routes/three?step=99", "Two"],
    ["/routes/three?step=99#/four", "Two"],
    ["/routes/three?step=99", "Two"],
    ["/routes/three?step=99#/four", "Two"],
  ]);
  expect(fields(events, "search_performed")).toEqual([{ term: "gold card" }]);
  const left = of(events, "page_left");
  expect(left).toHaveLength(6);
  expect(left[0].url).toBe(`${pages.origin}/routes`);
});

test("a storm of replaced addresses that does not end hides no navigation, and is none", async ({ page }) => {
  await open(page, "storm");
  await page.waitForTimeout(1_000);
  await page.click("#open");
  await page.waitForTimeout(1_000);
  const events = await leave(page, "storm");
  const paths = of(events, "page_viewed").map(({ url }) => new URL(url).pathname);
  expect(paths).toEqual(["/storm", "/storm/branch"]);
});

test("a search counts once, and another term is a refinement", async ({ page }) => {
  await open(page, "plain?q=gold");
  await page.reload();
  await ready(page);
  await page.evaluate(() => (location.href = "/plain?q=gold&page=2"));
  await page.waitForURL(/page=2/);
  await ready(page);
  await page.evaluate(() => (location.href = "/plain?q=travel"));
  await page.waitForURL(/travel/);
  await ready(page);
  const events = await leave(page, "plain?q=travel");
  expect(fields(events, "search_performed")).toEqual([{ term: "travel", refined: true }]);
  expect(fields(once(pages.events("plain?q=gold")), "search_performed")).toEqual([{ term: "gold" }]);
});

test("a form tells its fields' names, order and times, and never a value", async ({ page }) => {
  await open(page, "forms");
  await page.click("#apply button");
  await page.fill("[name=name]", "Hwang-7391");
  await page.fill("[name=id]", "880101-1234567");
  await page.fill("[name=name]", "Hwang-7392");
  await page.fill("[name=number]", "4111111111111111");
  await page.fill("[name=code]", "739155");
  await page.fill("[name=password]", "geheim-7391");
  await page.locator("[name=password]").blur();
  await page.fill("[name=q]", "private words");
  await page.evaluate(() => {
    const field = document.querySelector("[name=getAttribute]");
    field.focus();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  const events = await leave(page, "forms");
  expect(fields(events, "form_field_refused")).toEqual([{ form: "apply", field: "name" }]);
  const changed = fields(events, "form_field_changed").map(({ form, field, order, corrected }) => [form, field, order, corrected]);
  expect(changed.slice(0, 3)).toEqual([["apply", "name", 1, undefined], ["apply", "id", 2, undefined], ["apply", "name", 3, 1]]);
  expect(changed.map(([, field]) => field)).not.toContain("number");
  expect(of(events, "form_started")[0].fields).toEqual({ form: "apply" });
  expect(fields(events, "form_abandoned")[0]).toMatchObject({ form: "apply", field: "name" });
  const said = JSON.stringify(pages.received);
  for (const value of ["Hwang", "880101", "4111", "739155", "geheim", "private words"]) expect(said).not.toContain(value);
});

test("a form in a shadow tree is a form, and what changes in there has happened", async ({ page }) => {
  await open(page, "shadow");
  await page.click("#works");
  await page.waitForTimeout(2_700);
  await page.click("#broken");
  await page.waitForTimeout(2_700);
  await page.fill("#amount", "50000");
  await page.click("#send");
  await page.fill("#city", "Busan");
  await page.click("#send");
  await page.waitForTimeout(100);
  const events = await leave(page, "shadow");
  expect(fields(events, "dead_clicked").map(({ id }) => id)).toEqual(["broken"]);
  expect(fields(events, "form_started")).toEqual([{ form: "loan" }]);
  expect(fields(events, "form_field_changed").map(({ field, order }) => [field, order])).toEqual([["amount", 1], ["city", 2]]);
  expect(fields(events, "form_field_refused")).toEqual([{ form: "loan", field: "city" }]);
  expect(fields(events, "form_submitted")).toMatchObject([{ form: "loan" }]);
  expect(of(events, "form_abandoned")).toEqual([]);
  for (const value of ["50000", "Busan"]) expect(JSON.stringify(pages.received)).not.toContain(value);
});

test("each of many forms is told by itself: sent unheard, refused, spread over the page, or left", async ({ page }) => {
  await open(page, "crowded");
  await page.fill("[name=street]", "Sejong-daero 7391");
  await page.click("#send-ajax");
  await page.fill("[name=limit]", "7392");
  await page.click("#send-refusing");
  await page.selectOption("[name=branch]", "South");
  await page.fill("[name=remote]", "7393");
  await page.click("#savings");
  await page.click("#terms");
  await page.fill("#loose", "7394");
  await page.click("#send-spread");
  await page.fill("[name=querySelector]", "7395");
  await page.click("#send-clobbered");
  await page.fill("[name=reason]", "7396");
  const events = await leave(page, "crowded");
  expect(fields(events, "form_started").map(({ form }) => form)).toEqual(["ajax", "refusing", "spread", "clobbered", "left"]);
  expect(fields(events, "form_submitted").map(({ form }) => form)).toEqual(["ajax", "spread", "clobbered"]);
  expect(fields(events, "form_abandoned").map(({ form, field }) => [form, field])).toEqual([["refusing", "limit"], ["left", "reason"]]);
  const ofSpread = fields(events, "form_field_changed").filter(({ form }) => form === "spread");
  expect(ofSpread.map(({ field }) => field)).toEqual(["branch", "remote", "kind", "terms"]);
  expect(JSON.stringify(pages.received)).not.toMatch(/"(739[1-6]|South|savings)"|Sejong/);
});

test("errors of the page are told once each, and not ours", async ({ page }) => {
  await open(page, "errors");
  for (let press = 0; press < 3; press++) await page.click("#throw");
  // The browser tells of a rejection that nobody handled in a task of its own.
  const told = page.evaluate(() => new Promise((done) => addEventListener("unhandledrejection", () => done(true))));
  await page.click("#reject");
  expect(await told).toBe(true);
  const events = await leave(page, "errors");
  const raised = fields(events, "error_raised");
  expect(raised.map(({ message }) => message)).toEqual(["Uncaught TypeError: the card is not defined", "no offer"]);
  expect(raised[0]).toMatchObject({ source: `${pages.origin}/errors.js`, line: 2 });
});

test("time in front and depth are told when the page is left, and time counts once", async ({ page }) => {
  await open(page, "long");
  await page.waitForTimeout(400);
  await page.locator("#bottom").scrollIntoViewIfNeeded();
  await page.waitForTimeout(100);
  // Hidden, and in front again.
  const hide = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
  await hide("hidden");
  await page.waitForTimeout(600);
  await hide("visible");
  await page.waitForTimeout(200);
  const events = await leave(page, "long");
  const left = fields(events, "page_left");
  expect(left).toHaveLength(2);
  expect(left.map(({ scroll_percent }) => scroll_percent)).toEqual([100, 100]);
  expect(left[0].engaged_ms).toBeGreaterThan(400);
  expect(left[1].engaged_ms).toBeLessThan(600);
  expect(of(events, "vitals_measured")).toHaveLength(1);
});

test("Web Vitals agree with Google's library on the same page", async ({ page }) => {
  const library = await readFile(new URL("../../node_modules/web-vitals/dist/web-vitals.iife.js", import.meta.url), "utf8");
  await page.addInitScript(`${library};
    window.theirs = {};
    for (const [name, watch] of Object.entries({ lcp: webVitals.onLCP, cls: webVitals.onCLS, inp: webVitals.onINP, fcp: webVitals.onFCP, ttfb: webVitals.onTTFB }))
      watch(({ value }) => (window.theirs[name] = value), { reportAllChanges: true });`);
  await open(page, "vitals");
  await page.waitForTimeout(1_000);
  await page.click("#slow");
  await page.click("#shift");
  await page.waitForTimeout(1_000);
  const theirs = await page.evaluate(() => {
    // The library says its last word when the page is hidden.
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    return window.theirs;
  });
  const events = await leave(page, "vitals");
  const [ours] = fields(events, "vitals_measured");
  expect(Object.keys(theirs).sort()).toEqual(["cls", "fcp", "inp", "lcp", "ttfb"]);
  expect(theirs.cls).toBeGreaterThan(0.01);
  expect(theirs.inp).toBeGreaterThan(100);
  expect(ours.cls).toBeCloseTo(theirs.cls, 3);
  for (const name of ["fcp", "inp", "lcp", "ttfb"]) expect(Math.abs(ours[name] - theirs[name]), name).toBeLessThanOrEqual(1);
});

test("a burst arrives complete and none twice", async ({ page }) => {
  await open(page, "plain");
  await page.evaluate(() => {
    for (let index = 0; index < 1_000; index++) window.attune.track("thing_done", { index });
  });
  const events = await pages.until("plain", (all) => of(all, "thing_done").length >= 1_000, "1,000 events");
  const done = of(events, "thing_done");
  expect(new Set(done.map(({ id }) => id)).size).toBe(1_000);
  expect(done).toHaveLength(1_000);
});

test("a page back from the back-forward cache is another view", async ({ page }) => {
  await open(page, "plain");
  await page.goto(`${pages.origin}/clicks`);
  await ready(page);
  await page.goBack();
  await ready(page);
  await page.waitForTimeout(200);
  const events = await leave(page, "plain");
  expect(of(events, "page_viewed")).toHaveLength(2);
});

test("personal data never leaves the page, not even as it is left", async ({ page }) => {
  const part = /\/sdk\/redact-/;
  const asked = [];
  page.on("request", (request) => part.test(request.url()) && asked.push(request.url()));
  await open(page, "plain");
  await leave(page, "plain");
  expect(asked, "a page without any does not load the rules").toEqual([]);

  await open(page, "plain?mail=kim%40bank.example&access_token=s3cret");
  await page.evaluate(() => {
    attune.track("noted", { note: "call 010-1234-5678", card: 4111111111111111, at: 1700000000000 });
    document.title = "900101-1234567";
  });
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/sdk/redact-")));
  const events = await leave(page, "plain?mail=[email]");
  const [noted] = of(events, "noted");
  expect(noted.url).toBe(`${pages.origin}/plain?mail=[email]&access_token=[token]`);
  expect(noted.fields).toEqual({
    at: 1700000000000, card: "[card]", note: "call [phone]",
    redacted_card: 1, redacted_email: 1, redacted_phone: 1, redacted_token: 1,
  });
  expect(asked).toHaveLength(1);

  // The rules do not come: what could be personal is left out.
  await page.route(part, () => {});
  await open(page, "plain");
  await page.evaluate(() => attune.track("noted", { note: "kim@bank.example", plain: "yes" }));
  await page.goto(`${pages.origin}/blank`);
  const blind = await pages.until("plain", (all) => of(all, "noted").length === 2, "what is left out");
  expect(of(blind, "noted").at(-1).fields).toEqual({ plain: "yes", redacted_unread: 1 });
  const sent = JSON.stringify(pages.received);
  for (const gone of ["kim@", "kim%40", "s3cret", "4111111111111111", "1234-5678", "900101"]) expect(sent).not.toContain(gone);
});
