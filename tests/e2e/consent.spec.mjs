// Consent: from the page's own calls, from banners of others, between tabs, and before anybody has answered.
import * as iab from "@iabtcf/core";
import { expect, test } from "@playwright/test";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

let pages;
test.beforeAll(async () => {
  // A site that presumes nothing.
  const api = await signIn(process.env.ATTUNE_URL);
  const { key } = await api("POST", "/api/sites", { name: `strict-${Date.now()}` });
  pages = await servePages(process.env.ATTUNE_URL, key);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => (pages.received.length = 0));

const of = (events, name) => events.filter((event) => event.name === name);
const kept = (page) => page.evaluate(() => Object.keys(localStorage).map((name) => name.split(":")[2]).sort());
const answers = (page) => page.evaluate(() => window.attune.consent());

async function open(page, name) {
  await page.goto(`${pages.origin}/${name}`);
  await page.waitForFunction(() => window.attune?.mode === "full");
}

// The answers that a page has once they are as wanted.
const until = (page, wanted) => expect.poll(() => answers(page)).toEqual(wanted);

function write(purposes, vendors = [], forbidden = []) {
  const list = { gvlSpecificationVersion: 3, vendorListVersion: 15, tcfPolicyVersion: 5, lastUpdated: "2026-01-01T00:00:00Z" };
  const some = (ids, more) => Object.fromEntries(ids.map((id) => [id, { id, name: String(id), ...more }]));
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const asks = { purposes: all, legIntPurposes: [], flexiblePurposes: [], specialPurposes: [], features: [], specialFeatures: [] };
  const none = { specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {}, dataCategories: {} };
  const model = new iab.TCModel(new iab.GVL({ ...list, ...none, purposes: some(all), vendors: some([7, 8], asks) }));
  Object.assign(model, { cmpId: 10, cmpVersion: 1 });
  model.purposeConsents.set(purposes);
  model.vendorConsents.set(vendors);
  for (const purposeId of forbidden)
    model.publisherRestrictions.add(7, Object.assign(new iab.PurposeRestriction(), { purposeId, restrictionType: iab.RestrictionType.NOT_ALLOWED }));
  return iab.TCString.encode(model);
}

test("a consent platform of the IAB's framework: nothing before its answer, what it says, and its withdrawal", async ({ page }) => {
  await open(page, "banner-tcf");
  await page.waitForTimeout(400);
  expect(pages.received).toEqual([]);
  expect(await answers(page)).toEqual({});
  await page.evaluate((text) => window.cmp.update(text, false), write([1, 5, 6, 8]));
  await until(page, { measure: true, personalise: true, share: false });
  await page.evaluate(() => void window.attune.track("thing_done"));
  await pages.until("banner-tcf", (events) => of(events, "thing_done").length === 1, "an event");
  await page.evaluate((text) => window.cmp.update(text, false), write([]));
  await until(page, { measure: false, personalise: false, share: false });
  expect(await kept(page)).toEqual(["consent"]);
});

test("a site that is a vendor of the framework asks for its own consent, too", async ({ page }) => {
  await open(page, "banner-tcf-7");
  await page.evaluate((text) => window.cmp.update(text, false), write([1, 5, 6, 8], [8]));
  await until(page, { measure: false, personalise: false, share: false });
  await page.evaluate((text) => window.cmp.update(text, false), write([1, 8], [7, 8]));
  await until(page, { measure: true, personalise: false, share: false });
  // What the visitor allows, and the publisher does not.
  await page.evaluate((text) => window.cmp.update(text, false), write([1, 4, 5, 6, 8], [7, 8], [4, 6]));
  await until(page, { measure: true, personalise: false, share: false });
  await page.evaluate((text) => window.cmp.update(text, false), write([1, 4, 5, 6, 8], [7, 8]));
  await until(page, { measure: true, personalise: true, share: true });
});

test("OneTrust: an answer of an earlier page, and a new one", async ({ page, context }) => {
  await page.addInitScript(() => (window.OnetrustActiveGroups = ",C0001,C0002,"));
  await open(page, "banner-onetrust");
  await page.waitForTimeout(300);
  expect(await answers(page)).toEqual({});
  await context.addCookies([{ name: "OptanonAlertBoxClosed", value: "2026-11-22", url: pages.origin }]);
  await until(page, { measure: true, personalise: false, share: false });
  await page.evaluate(() => dispatchEvent(new CustomEvent("OneTrustGroupsUpdated", { detail: ["C0001", "C0003"] })));
  await until(page, { measure: false, personalise: true, share: false });
});

test("Cookiebot: nothing until there is a response", async ({ page }) => {
  await page.addInitScript(() => {
    window.Cookiebot = { hasResponse: false, consent: { statistics: true, preferences: true, marketing: true } };
  });
  await open(page, "banner-cookiebot");
  await page.evaluate(() => dispatchEvent(new Event("CookiebotOnConsentReady")));
  expect(await answers(page)).toEqual({});
  await page.evaluate(() => {
    window.Cookiebot = { hasResponse: true, consent: { statistics: true, preferences: false, marketing: true } };
    dispatchEvent(new Event("CookiebotOnAccept"));
  });
  await until(page, { measure: true, personalise: false, share: true });
});

test("Google's consent mode: a default of denied is no answer, an update is", async ({ page }) => {
  await page.addInitScript(() => {
    window.dataLayer = [];
    window.gtag = function () {
      window.dataLayer.push(arguments);
    };
    window.gtag("consent", "default", { analytics_storage: "denied", personalization_storage: "denied", ad_user_data: "denied" });
  });
  await open(page, "banner-google");
  await page.waitForTimeout(300);
  expect(await answers(page)).toEqual({});
  await page.evaluate(() => window.gtag("consent", "update", { analytics_storage: "granted", ad_user_data: "denied" }));
  await until(page, { measure: true, share: false });
  expect(await page.evaluate(() => window.dataLayer.length)).toBe(2);
});

for (const [name, expected] of [["hold", ["page_viewed", "element_clicked"]], ["discard", []]])
  test(`what happened before the answer: ${name}`, async ({ page }) => {
    await open(page, name);
    await page.click("#press");
    await page.waitForTimeout(400);
    expect(pages.events(name)).toEqual([]);
    expect(await kept(page), "nothing of it is stored").toEqual([]);
    const answered = Date.now();
    await page.evaluate(() => void window.attune.consent({ measure: true, personalise: true }));
    await page.evaluate(() => void window.attune.track("thing_done"));
    const events = await pages.until(name, (all) => of(all, "thing_done").length === 1, "the event after");
    expect(events.filter(({ at }) => at < answered).map((event) => event.name)).toEqual(expected);
  });

test("held events go when the answer is no", async ({ page }) => {
  await open(page, "hold");
  await page.click("#press");
  await page.evaluate(() => void window.attune.optOut());
  await page.evaluate(() => void window.attune.optIn());
  await page.evaluate(() => void window.attune.track("thing_done"));
  const events = await pages.until("hold", (all) => of(all, "thing_done").length === 1, "the event after");
  expect(of(events, "element_clicked")).toEqual([]);
});

test("a no in one tab holds in all: what waits is wiped and default content comes back", async ({ page, context }) => {
  await open(page, "plain");
  const other = await context.newPage();
  await open(other, "plain");
  await other.evaluate(() => void window.attune.track("thing_done"));
  await page.evaluate(() => window.attune.optOut());
  await until(other, { measure: false, personalise: false });
  await other.evaluate(() => void window.attune.track("thing_done"));
  const sent = pages.received.length;
  await other.goto(`${pages.origin}/blank`);
  await other.waitForTimeout(400);
  expect(of(pages.events("plain"), "thing_done")).toEqual([]);
  expect(pages.received.length).toBe(sent);
  expect(await kept(page)).toEqual(["consent"]);
});
