// Other products' own clients, from npm, pointed at us by their host setting alone; what arrives is read back from
// the warehouse.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { chromium } from "@playwright/test";
import { signIn, startStack } from "../e2e/stack.mjs";

let stack, call, browser, pages;
let site = 0;

before(async () => {
  stack = await startStack({ seed: false });
  call = await signIn(stack.url);
  browser = await chromium.launch({
    executablePath: process.env.ATTUNE_CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  pages = await servePages();
});

after(async () => {
  await browser?.close();
  await pages?.stop();
  await stack?.stop();
});

// Pages on an origin of their own; each is a script given as source.
async function servePages() {
  const scripts = new Map();
  const server = createServer(({ url }, response) => {
    const name = url.split("?")[0].slice(1);
    const script = scripts.get(name.replace(".js", ""));
    if (!script) return response.writeHead(404).end();
    if (name.endsWith(".js")) return response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<!doctype html><title>Shop</title><button>Buy</button><script type=module src=/${name}.js></script>`);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    async add(name, contents) {
      const resolveDir = new URL("../..", import.meta.url).pathname;
      const built = await build({ stdin: { contents, resolveDir }, bundle: true, format: "esm", write: false });
      scripts.set(name, built.outputFiles[0].text);
      return `${origin}/${name}?utm_source=news`;
    },
    stop: () => new Promise((done) => server.close(done)),
  };
}

async function newSite() {
  const name = `switch${++site}`;
  const { key } = await call("POST", "/api/sites", { name, origins: [] });
  return { name, key };
}

// Events by name, once the warehouse has them.
async function arrived(name) {
  await call("POST", "/api/flush");
  const events = await call("GET", `/api/sites/${name}/events?bots=include`);
  return Object.fromEntries(events.map((event) => [event.name, event.count]).sort());
}

async function waitFor(name, expected) {
  const end = Date.now() + 15_000;
  for (;;) {
    const seen = await arrived(name);
    try {
      return assert.deepEqual(seen, expected);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((go) => setTimeout(go, 200));
    }
  }
}

// Opens a page whose script uses a client; fails on what the page or the browser complains about.
async function visit(name, source, act = async () => {}) {
  const address = await pages.add(name, source);
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const icon = message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !icon) complaints.push(message.text());
  });
  await page.goto(address);
  await page.waitForFunction(() => globalThis.done === true);
  await act(page);
  await page.close({ runBeforeUnload: false });
  assert.deepEqual(complaints, []);
}

test("@segment/analytics-node", async () => {
  const { Analytics } = await import("@segment/analytics-node");
  const { name, key } = await newSite();
  const client = new Analytics({ writeKey: key, host: stack.url });
  const problems = [];
  client.on("error", (error) => problems.push(error));
  client.identify({ userId: "u1", traits: { plan: "gold" } });
  for (let n = 0; n < 40; n++) client.track({ userId: "u1", event: "order_paid", properties: { n } });
  client.page({ anonymousId: "a1", name: "Home" });
  client.group({ userId: "u1", groupId: "g" });
  client.alias({ userId: "u1", previousId: "a1" });
  client.screen({ userId: "u1", name: "S" });
  await client.closeAndFlush({ timeout: 8_000 });
  assert.deepEqual(problems, []);
  await waitFor(name, { aliased: 1, group_joined: 1, identified: 1, order_paid: 40, page_viewed: 1, screen_viewed: 1 });
});

test("@segment/analytics-next", async () => {
  const { name, key } = await newSite();
  await visit("segment", `
    import { AnalyticsBrowser } from "@segment/analytics-next";
    const client = AnalyticsBrowser.load({ writeKey: "${key}", cdnURL: "${stack.url}" });
    await client.page("Home");
    await client.identify("u1", { plan: "gold" });
    await client.track("thing_done", { a: 1 });
    await new Promise((go) => setTimeout(go, 500));
    globalThis.done = true;`);
  await waitFor(name, { identified: 1, page_viewed: 1, thing_done: 1 });
});

test("@rudderstack/analytics-js", async () => {
  const { name, key } = await newSite();
  await visit("rudder", `
    import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";
    const client = new RudderAnalytics();
    client.load("${key}", "${stack.url}", { configUrl: "${stack.url}" });
    client.page("Home");
    client.identify("u1", { plan: "gold" });
    client.track("thing_done", { a: 1 }, () => setTimeout(() => (globalThis.done = true), 300));`);
  await waitFor(name, { identified: 1, page_viewed: 1, thing_done: 1 });
});

test("posthog-node", async () => {
  const { PostHog } = await import("posthog-node");
  const { name, key } = await newSite();
  const client = new PostHog(key, { host: stack.url });
  const problems = [];
  client.on("error", (error) => problems.push(error));
  for (let n = 0; n < 40; n++) client.capture({ distinctId: "u1", event: "order_paid", properties: { n } });
  client.identify({ distinctId: "u1", properties: { plan: "gold" } });
  client.alias({ distinctId: "u1", alias: "a1" });
  assert.deepEqual(await client.getAllFlags("u1"), {});
  await client.shutdown(8_000);
  assert.deepEqual(problems, []);
  await waitFor(name, { aliased: 1, identified: 1, order_paid: 40 });
});

test("posthog-js", async () => {
  const { name, key } = await newSite();
  await visit("posthog", `
    import client from "posthog-js";
    client.init("${key}", { api_host: "${stack.url}", opt_out_useragent_filter: true, defaults: "2025-05-24" });
    client.capture("thing_done", { a: 1 });
    client.identify("u1", { plan: "gold" });
    client.onFeatureFlags(() => setTimeout(() => (globalThis.done = true), 200));
    setTimeout(() => (globalThis.done = true), 3000);`,
    async (page) => {
      await page.click("button");
      await page.goto("about:blank");
    });
  await waitFor(name, { element_clicked: 1, identified: 1, page_left: 1, page_viewed: 1, thing_done: 1 });
});

test("plausible-tracker", async () => {
  const { name, key } = await newSite();
  await visit("plausible", `
    import Plausible from "plausible-tracker";
    const client = Plausible({ domain: "${key}", apiHost: "${stack.url}", trackLocalhost: true });
    client.trackPageview({}, { callback: () => client.trackEvent("signup", { props: { plan: "gold" },
      callback: () => (globalThis.done = true) }) });`);
  await waitFor(name, { page_viewed: 1, signup: 1 });
});

test("@snowplow/node-tracker", async () => {
  const { name, key } = await newSite();
  const { buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } = await import("@snowplow/node-tracker");
  const thing = { schema: "iglu:com.acme/thing_done/jsonschema/1-0-0", data: { a: 1 } };
  for (const eventMethod of ["post", "get"]) {
    const client = newTracker({ namespace: eventMethod, appId: key }, { endpoint: stack.url, eventMethod, bufferSize: 1 });
    client.setUserId("u1");
    client.track(buildPageView({ pageUrl: "https://shop.test/", pageTitle: "Shop" }));
    client.track(buildStructEvent({ category: "shop", action: "add", value: 2 }));
    client.track(buildSelfDescribingEvent({ event: thing }));
    await client.flush?.();
  }
  await waitFor(name, { add: 2, page_viewed: 2, thing_done: 2 });
});

test("@snowplow/browser-tracker", async () => {
  const { name, key } = await newSite();
  await visit("snowplow", `
    import { newTracker, trackPageView, trackSelfDescribingEvent, trackStructEvent } from "@snowplow/browser-tracker";
    newTracker("sp", "${stack.url}", { appId: "${key}" });
    trackPageView();
    trackStructEvent({ category: "shop", action: "add", value: 1 });
    trackSelfDescribingEvent({ event: { schema: "iglu:com.acme/thing_done/jsonschema/1-0-0", data: { a: 1 } } });
    setTimeout(() => (globalThis.done = true), 1500);`);
  await waitFor(name, { add: 1, page_viewed: 1, thing_done: 1 });
});

test("matomo-tracker", async () => {
  const { default: Tracker } = await import("matomo-tracker");
  const { name, key } = await newSite();
  const client = new Tracker(key, `${stack.url}/matomo.php`);
  await new Promise((done, failed) => {
    client.on("error", failed);
    client.track({ url: "https://shop.test/a", action_name: "A", uid: "u1" });
    client.trackBulk([{ url: "https://shop.test/1" }, { url: "https://shop.test/2", e_c: "shop", e_a: "add" }], done);
  });
  await waitFor(name, { add: 1, page_viewed: 2 });
});
