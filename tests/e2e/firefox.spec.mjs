// The same pages in Firefox ESR (Debian's package): capture, decisions, consent, storage, and pages that misbehave.
import { expect, test } from "@playwright/test";
import { installed, startFirefox } from "./firefox.mjs";
import { servePages } from "./pages.mjs";
import { until } from "./stack.mjs";

test.skip(!installed, "Firefox ESR is not installed");
test.describe.configure({ timeout: 120_000 });

let pages, firefox;
test.beforeAll(async () => {
  pages = await servePages(process.env.ATTUNE_URL, process.env.ATTUNE_KEY);
  firefox = await startFirefox();
});
test.afterAll(async () => {
  await firefox?.stop();
  await pages.stop();
});
test.beforeEach(() => {
  pages.received.length = 0;
  pages.faults.length = 0;
});

const mode = () => until(() => firefox.evaluate("window.attune?.mode && [attune.mode, attune.why]"), "the SDK", 15_000);
async function open(name) {
  await firefox.goto(`${pages.origin}/${name}`);
  return mode();
}
// Leaves; what the page told, each event once.
async function told(name) {
  await firefox.goto(`${pages.origin}/blank`);
  const all = await pages.until(name, (events) => events.some((event) => event.name === "page_left"), "the end");
  return [...new Map(all.map((event) => [event.id, event])).values()];
}
const fields = (events, name) => events.filter((event) => event.name === name).map((event) => event.fields);

test("views, clicks, forms and vitals are told, and never a value", async () => {
  expect(await open("clicks")).toEqual(["full", ""]);
  await firefox.click("#inner");
  await firefox.click("#nested");
  await firefox.click("#masked");
  let events = await told("clicks");
  expect(fields(events, "page_viewed")).toHaveLength(1);
  expect(fields(events, "element_clicked")).toContainEqual({ tag: "a", id: "inner", text: "Inner", href: "/clicks" });
  expect(fields(events, "element_clicked")).toContainEqual({ tag: "button", id: "masked" });
  expect(fields(events, "card_compared")).toEqual([{ tag: "button", id: "nested", text: "Compare", card_name: "silver" }]);
  const [vitals] = fields(events, "vitals_measured");
  expect(vitals.ttfb).toBeGreaterThanOrEqual(0);
  expect(vitals.fcp).toBeGreaterThan(0);

  await open("forms");
  await firefox.click("input[name=name]");
  await firefox.type("secret");
  await firefox.click("input[name=id]");
  events = await told("forms");
  expect(fields(events, "form_started")).toEqual([{ form: "apply" }]);
  expect(fields(events, "form_field_changed")).toMatchObject([{ form: "apply", field: "name", order: 1 }]);
  expect(fields(events, "form_abandoned")).toMatchObject([{ form: "apply", field: "id" }]);
  expect(JSON.stringify(pages.received)).not.toContain("secret");
});

test("single-page navigation is a view each", async () => {
  await open("routes");
  await firefox.click("#push");
  await new Promise((go) => setTimeout(go, 200));
  const events = await told("routes");
  expect(fields(events, "page_viewed")).toHaveLength(2);
});

test("a burst arrives complete, and what was learnt is sealed and known to the next page", async () => {
  await open("plain");
  await firefox.evaluate("(async () => { for (let index = 0; index < 1000; index++) attune.track('thing_done', { index }); })()");
  const events = await told("plain");
  const seen = new Set(fields(events, "thing_done").map(({ index }) => index));
  expect(seen.size).toBe(1_000);
  await open("plain");
  const decision = await firefox.evaluate("attune.decide('home-hero')");
  expect(decision).toMatchObject({ placement: "home-hero" });
  const sealed = "Object.entries(localStorage).find(([name]) => name.endsWith(':profile'))?.[1].slice(0, 3)";
  await until(async () => (await firefox.evaluate(sealed)) === "AE1", "the sealed profile", 10_000);
});

test("consent ends and begins at once", async () => {
  await open("plain");
  await firefox.evaluate("attune.optOut()");
  expect(await firefox.evaluate("attune.decide('home-hero').then(({ reason }) => reason)")).toBe("no_consent");
  expect(await firefox.evaluate("Object.keys(localStorage).map((name) => name.split(':')[2]).sort()")).toEqual(["consent"]);
  await firefox.evaluate("attune.optIn()");
  await firefox.evaluate("attune.track('thing_done')");
  await pages.until("plain", (events) => events.some(({ name }) => name === "thing_done"), "an event");
});

const FULL = ["full", ""];
for (const [name, expected] of Object.entries({
  "storage-blocked": ["full", "storage_blocked"], "storage-damaged": FULL, "no-database": null, polluted: FULL, frozen: FULL, "no-observers": FULL, removes: FULL, huge: FULL, "no-wasm": ["lite", "no_wasm"],
}))
  test(`${name}: the page is as it was, and is counted`, async () => {
    const told = await open(name);
    if (expected) expect(told).toEqual(expected);
    await firefox.click("#press");
    expect(await firefox.evaluate("document.querySelector('#text').textContent")).toBe("Nothing to see.");
    const failed = await firefox.evaluate(
      "Promise.all([attune.track('thing_done'), attune.decide('home-hero'), attune.peek('nowhere'), attune.consent()].map((call) => call.then(() => '', String))).then((all) => all.filter(Boolean))",
    );
    expect(failed).toEqual([]);
    await firefox.goto(`${pages.origin}/blank`);
    const events = await pages.until(name, (all) => all.some((event) => event.name === "thing_done"), "the visit");
    for (const wanted of ["page_viewed", "element_clicked"]) expect(fields(events, wanted).length, wanted).toBeGreaterThanOrEqual(1);
    expect(fields(events, "error_raised"), "nothing is thrown").toEqual([]);
  });

test("Global Privacy Control, as the browser has it, denies sharing", async () => {
  const careful = await startFirefox({ "privacy.globalprivacycontrol.enabled": true, "privacy.globalprivacycontrol.functionality.enabled": true });
  try {
    await careful.goto(`${pages.origin}/plain?careful`);
    expect(await careful.evaluate("navigator.globalPrivacyControl")).toBe(true);
    await careful.evaluate("attune.consent({ measure: true, personalise: true, share: true })");
    await careful.evaluate("attune.track('thing_done')");
    const said = () => pages.received.findLast(({ events }) => events.some(({ name }) => name === "thing_done"));
    const batch = await until(async () => said(), "the event", 15_000);
    expect(batch.consent, "two bits a purpose: granted, granted, denied").toBe(0b011010);
  } finally {
    await careful.stop();
  }
});
