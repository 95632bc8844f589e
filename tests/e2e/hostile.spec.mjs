// Pages, networks and bundles that misbehave: the page is as if Attune were absent, nothing is thrown, and whatever can
// still be recorded is, once.
import { expect, test } from "@playwright/test";
import { servePages } from "./pages.mjs";

let pages;
test.beforeAll(async () => {
  pages = await servePages(process.env.ATTUNE_URL, process.env.ATTUNE_KEY);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => {
  pages.received.length = 0;
  pages.faults.length = 0;
  pages.line = null;
});

// What went wrong in the page. A browser tells of requests that failed whoever made them.
function complaints(page) {
  const list = [];
  page.on("pageerror", (error) => list.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && list.push(message.text()));
  return list;
}

const settled = (page) => page.waitForFunction(() => window.attune?.mode);
const of = (events, name) => events.filter((event) => event.name === name);

// A visit: a click, a call for everything that pages may call, and away.
async function visit(page, name) {
  await page.goto(`${pages.origin}/${name}`);
  await settled(page);
  await page.click("#press");
  await expect(page.locator("#text")).toHaveText("Nothing to see.");
  const results = await page.evaluate(async () => {
    const { attune } = window;
    const calls = [
      ["track", "thing_done", { amount: 3 }],
      ["track"],
      ["page", "named"],
      ["identify", "cust_1", { plan: "gold" }],
      ["identify", "someone@example.test"],
      ["decide", "home-hero"],
      ["peek", "nowhere"],
      ["explain", "home-hero"],
      ["consent"],
      ["on", "event", () => JSON.parse("{")],
    ];
    const settledAll = await Promise.all(calls.map(([name, ...values]) => attune[name](...values).then(() => "", String)));
    return settledAll.filter(Boolean);
  });
  expect(results).toEqual([]);
  const mode = await page.evaluate(() => [attune.mode, attune.why]);
  await page.goto(`${pages.origin}/blank`);
  return mode;
}

const FULL = ["full", ""];
const HOSTILE = {
  plain: FULL,
  "storage-blocked": ["full", "storage_blocked"],
  "storage-full": ["full", "storage_blocked"],
  "storage-damaged": FULL,
  clock: FULL,
  polluted: FULL,
  frozen: FULL,
  patched: FULL,
  "no-observers": FULL,
  removes: FULL,
  huge: FULL,
  "no-wasm": ["lite", "no_wasm"],
};
for (const [name, mode] of Object.entries(HOSTILE))
  test(`${name}: the page is as it was, and is counted`, async ({ page }) => {
    const wrong = complaints(page);
    expect(await visit(page, name)).toEqual(mode);
    // A policy that forbids Wasm says so when it is asked; a page that breaks its own beacons keeps what was not sent.
    expect(wrong.filter((text) => !(name === "no-wasm" && /WebAssembly|wasm/.test(text)))).toEqual([]);
    const events = await pages.until(name, (all) => of(all, "thing_done").length > 0 || name === "patched", "the visit");
    if (name === "patched") return;
    for (const expected of ["page_viewed", "element_clicked", "thing_done", "identified"])
      expect(of(events, expected).length, expected).toBeGreaterThanOrEqual(1);
    expect(of(events, "thing_done")).toHaveLength(1);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

test("a frame counts as the page it is", async ({ page }) => {
  const wrong = complaints(page);
  await page.goto(`${pages.origin}/frame`);
  const frame = page.frameLocator("iframe");
  await frame.locator("#press").click();
  await page.waitForTimeout(300);
  await page.goto(`${pages.origin}/blank`);
  const events = await pages.until("plain", (all) => of(all, "element_clicked").length > 0, "the frame");
  expect(of(events, "page_viewed")).toHaveLength(1);
  expect(wrong).toEqual([]);
});

test("a prerendered page counts when it is looked at, from then", async ({ page }) => {
  await page.goto(`${pages.origin}/prerender`);
  await page.waitForTimeout(1_500);
  expect(pages.events("plain?prerendered")).toEqual([]);
  await page.click("#go");
  await page.waitForURL(/plain/);
  await settled(page);
  await page.waitForTimeout(200);
  await page.goto(`${pages.origin}/blank`);
  const events = await pages.until("plain?prerendered", (all) => of(all, "page_left").length > 0, "the end");
  expect(of(events, "page_viewed")).toHaveLength(1);
});

const blocked = {
  "the tag": [/^\/tag\.js/, [undefined, undefined]],
  "all but the tag": [/^\/(sdk|v1)\//, FULL],
  "the SDK of the small tag": [/^\/sdk\//, ["off", "not_loaded"], "small"],
  "all but the small tag and the SDK": [/^\/v1\//, ["lite", "no_bundle"], "small"],
};
for (const [what, [path, mode, small]] of Object.entries(blocked))
  test(`a blocker stops ${what}: nothing is thrown, and the page stays as it is`, async ({ page }) => {
    const wrong = complaints(page);
    pages.line = small ? pages.small : null;
    pages.faults.push((asked) => path.test(asked) && "cut");
    await page.goto(`${pages.origin}/plain`);
    await page.click("#press");
    await page.waitForTimeout(700);
    expect(await page.evaluate(() => [window.attune.mode, window.attune.why])).toEqual(mode);
    await expect(page.locator("[data-attune-text]")).toHaveText("The default");
    if (mode[0]) expect(await page.evaluate(async () => (await window.attune.decide("home-hero")) ?? null), "nobody waits").toBe(null);
    expect(wrong).toEqual([]);
  });

const altered = {
  "cut short": (bytes) => bytes.subarray(0, bytes.length - 9),
  "changed in one byte": (bytes) => Buffer.from(bytes).fill(bytes[80] ^ 1, 80, 81),
  "signed by another": (bytes) => Buffer.concat([bytes.subarray(0, 3), Buffer.alloc(64, 7), bytes.subarray(67)]),
  "a page of a captive portal": () => Buffer.from("<html>Sign in to the network</html>"),
  empty: () => Buffer.alloc(0),
};
for (const [what, change] of Object.entries(altered))
  test(`a bundle that is ${what} does not exist`, async ({ page }) => {
    const wrong = complaints(page);
    const name = `plain?altered=${what.length}`; // What an earlier page still sends is not this one's.
    const ways = new Set();
    const changed = (signed) => change(Buffer.from(signed, "base64")).toString("base64");
    pages.faults.push(async (path) => {
      const [, way] = path.match(/^\/(tag\.js|v1\/manifest)/) ?? [];
      if (!way) return null;
      ways.add(way);
      const answer = await fetch(process.env.ATTUNE_URL + path);
      const body = (await answer.text()).replace(/"signed":"([^"]*)"/, (_, signed) => `"signed":"${changed(signed)}"`);
      return { headers: { "content-type": answer.headers.get("content-type") }, body };
    });
    await page.goto(`${pages.origin}/${name}`);
    await settled(page);
    expect(await page.evaluate(() => [window.attune.mode, window.attune.why])).toEqual(["lite", "no_bundle"]);
    await expect(page.locator("[data-attune-text]")).toHaveText("The default");
    expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.endsWith(":bundle")))).toEqual([]);
    // The visitor said yes; without that nothing would be sent.
    await pages.until(name, (events) => of(events, "page_viewed").length === 1, "the view");
    expect([wrong, [...ways]], "the tag's is no better than the one that is asked for then").toEqual([[], ["tag.js", "v1/manifest"]]);
  });

test("with the small tag a bundle comes with the first answer and not again; one that was damaged here is asked for", async ({ page }) => {
  pages.line = pages.small;
  const asked = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.endsWith("/v1/manifest")) asked.push(searchParams.get("kept"));
  });
  const visit = async (name) => {
    asked.length = 0;
    await page.goto(`${pages.origin}/${name}`);
    await page.waitForFunction(() => window.attune?.mode === "full");
    return [...asked];
  };
  expect(await visit("plain?first")).toEqual([""]);
  const hash = await page.evaluate(() => Object.entries(localStorage).find(([name]) => name.endsWith(":bundle-hash"))[1]);
  expect(await visit("plain?second")).toEqual([hash]);
  await page.evaluate(() => {
    const name = Object.keys(localStorage).find((name) => name.endsWith(":bundle"));
    localStorage.setItem(name, localStorage.getItem(name).slice(0, -9));
  });
  expect((await visit("plain?third")).slice(0, 2)).toEqual([hash, ""]);
  expect(await visit("plain?fourth")).toEqual([hash]);
});

test("events whose fate is unknown come again under their ids, later and later, until they are taken", async ({ page }) => {
  const tries = [];
  pages.faults.push((path, body) => {
    if (path !== "/v1/batch") return null;
    tries.push(body);
    // Unavailable, told to wait, and a connection that ends before the answer.
    return tries.length <= 3 && [{ status: 503 }, { status: 429, headers: { "retry-after": "1" } }, "cut"][tries.length - 1];
  });
  await page.goto(`${pages.origin}/plain`);
  await settled(page);
  await page.evaluate(() => void window.attune.track("thing_done"));
  const events = await pages.until("plain", (all) => of(all, "thing_done").length > 0, "the fourth try");
  expect(tries.length).toBe(4);
  expect(of(events, "page_viewed")).toHaveLength(1);
  const { decode } = await import("../batch.mjs");
  const [first] = decode(tries[0]).events;
  expect(of(events, "page_viewed")[0].id).toBe(first.id);
});

test("a day without a network loses nothing and doubles nothing", async ({ page, context }) => {
  let offline = false;
  pages.faults.push((path) => offline && path.startsWith("/v1/") && "cut");
  await page.goto(`${pages.origin}/plain`);
  await settled(page);
  await page.waitForTimeout(500);
  offline = true;
  // Beacons that a browser takes and cannot deliver are lost: the page says so by keeping what it can.
  await page.evaluate(() => {
    navigator.sendBeacon = () => false;
    for (let index = 0; index < 30; index++) void window.attune.track("thing_done", { index });
  });
  await page.waitForTimeout(400);
  await page.close();
  offline = false;
  const later = await context.newPage();
  await later.clock.install({ time: Date.now() + 86_400_000 });
  await later.goto(`${pages.origin}/plain`);
  await settled(later);
  await later.clock.runFor(5_000);
  const events = await pages.until("plain", (all) => of(all, "thing_done").length >= 30, "yesterday's events");
  // What left with the page may have arrived as well: under the same ids, which the collector counts once.
  const done = [...new Map(of(events, "thing_done").map((event) => [event.id, event])).values()];
  expect(done.map(({ fields }) => fields.index).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(Date.now() - done[0].at).toBeLessThan(60_000);
});

test("what waits is bounded: the newest events that fit, and none that nobody takes any more", async ({ page, context }) => {
  let offline = true;
  pages.faults.push((path) => offline && path === "/v1/batch" && "cut");
  await page.addInitScript(() => (navigator.sendBeacon = () => false));
  await page.goto(`${pages.origin}/plain?bounded`);
  await settled(page);
  await page.evaluate(() => {
    const fields = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`text_${index}`, "long ".repeat(200)]));
    for (let index = 0; index < 150; index++) void window.attune.track("thing_done", { ...fields, index });
  });
  const stored = () =>
    page.evaluate(() => {
      const [name, text] = Object.entries(localStorage).find(([name]) => name.includes(":queue:")) ?? ["", "[0,[]]"];
      return { name, length: text.length, last: Math.max(...JSON.parse(text)[1].map(({ fields }) => Object.fromEntries(fields).index ?? -1)) };
    });
  await expect.poll(() => stored().then(({ last }) => last)).toBe(149);
  const { name, length } = await stored();
  expect(length).toBeLessThanOrEqual(500_000);
  expect(length).toBeGreaterThan(250_000);

  // A tab that was closed a month ago, but for its last event.
  await page.evaluate((name) => {
    const [owner, events] = JSON.parse(localStorage.getItem(name));
    const [, first, second] = events.slice(-3);
    first.at -= 31 * 86_400_000;
    first.name = "thing_outdated";
    second.name = "thing_kept";
    const old = (Date.now() - 31 * 86_400_000).toString(36) + "abcdef";
    localStorage.clear();
    localStorage.setItem(name.replace(/[^:]*$/, old), JSON.stringify([owner, [first, second]]));
    const site = name.split(":")[1];
    localStorage.setItem(`attune:${site}:who`, JSON.stringify({ visitor: owner, user: "", session: "", at: 0 }));
  }, name);
  const state = await page.evaluate(() => ({ ...localStorage }));
  await page.close();
  offline = false;
  const later = await context.newPage();
  await later.addInitScript((state) => {
    if (!sessionStorage.done) for (const name in state) localStorage.setItem(name, state[name]);
    sessionStorage.done = "yes";
  }, state);
  pages.received.length = 0;
  await later.goto(`${pages.origin}/plain?later`);
  await settled(later);
  const events = await pages.until("plain", (all) => of(all, "thing_kept").length > 0, "what a closed tab left");
  expect(of(events, "thing_outdated")).toEqual([]);
  expect(pages.received.flatMap(({ drops }) => drops)).toContainEqual(["queue_full", 1]);
});
