// What a page may not know, and pages that cannot decide: the server decides, and nothing else changes.
import { expect, test } from "@playwright/test";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { execFile } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { promisify } from "node:util";
import { profileOf, servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const url = process.env.ATTUNE_URL;
const root = new URL("../../", import.meta.url).pathname;
let pages, key, server, site;

const offer = (id, weight, title) => ({ id, weight, content: { en: { title } } });
const SOURCE = {
  attributes: [{ id: "credit_band", label: "server-only" }, { id: "tier" }],
  placements: [{ id: "asked" }, { id: "own" }, { id: "tiered" }],
  offers: [offer("loan", 2, "A loan for you"), offer("card", 1, "A card"), offer("gold", 1, "For gold")],
  campaigns: [
    {
      id: "loans", status: "running", placements: ["asked"], offers: ["loan"], priority: 2,
      audience: { attribute: { name: "credit_band", is: "A" } },
      caps: [{ scope: "campaign", per: "day", max: 1 }],
    },
    { id: "cards", status: "running", placements: ["asked", "own"], offers: ["card"] },
    {
      id: "golden", status: "running", placements: ["tiered"], offers: ["gold"],
      audience: { attribute: { name: "tier", is: "gold" } },
    },
  ],
};

test.beforeAll(async () => {
  const call = await signIn(url);
  site = `server-${Date.now()}`;
  ({ key } = await call("POST", "/api/sites", { name: site, origins: [] }));
  const settings = await call("GET", `/api/sites/${site}/settings`);
  const body = { ...settings.body, holdout_percent: 0 };
  await call("PUT", `/api/sites/${site}/settings`, body, { "if-match": `"${settings.version}"` });
  for (const [kind, documents] of Object.entries(SOURCE))
    for (const document of documents) await call("POST", `/api/sites/${site}/${kind}`, document);
  server = await call("POST", `/api/sites/${site}/server-keys`, { label: "bank" });
  pages = await servePages(url, key);
});
test.afterAll(() => pages.stop());

// As the bank's server makes it, with what Node has.
function token(attributes, { sub = "cust_1", seconds = 600, alg = "EdDSA" } = {}) {
  const { kid } = server.token_key;
  const text = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${text({ alg, kid })}.${text({ sub, exp: Math.floor(Date.now() / 1_000) + seconds, attributes })}`;
  const signature = sign(null, Buffer.from(signed), createPrivateKey({ key: server.token_key, format: "jwk" }));
  return `${signed}.${signature.toString("base64url")}`;
}

const heads = (page) => page.evaluate(() => ["h1", "h2"].map((name) => document.querySelector(name).textContent));

test("a page asks about what it may not know, and decides the rest itself", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => request.url().endsWith("/v1/decide") && asked.push(request.postDataJSON()));
  await page.goto(`${pages.origin}/server`);
  await expect.poll(() => heads(page)).toEqual(["A card", "A card"]);
  expect(asked.map(({ placement }) => placement)).toEqual(["asked"]);
  const body = await page.evaluate(() => document.documentElement.outerHTML);
  expect(body).not.toContain("A loan");

  const decision = await page.evaluate(async (token) => {
    await window.attune.identify("cust_1", {}, { token });
    return window.attune.decide("asked");
  }, token({ credit_band: "A" }));
  expect(decision).toMatchObject({ campaign: "loans", reason: "matched", offers: [{ id: "loan" }], content: { loan: { en: { title: "A loan for you" } } } });
  expect(asked.at(-1).token).toBeTruthy();
  const other = await page.evaluate(async (token) => {
    await window.attune.identify("cust_1", {}, { token });
    return window.attune.decide("asked");
  }, token({ credit_band: "D" }));
  expect(other.campaign).toBe("cards");
});

test("what a token says counts on the device until it expires, and is never kept", async ({ page }) => {
  const swaps = [];
  const title = page.locator("h1");
  await page.exposeFunction("swapped", (text) => swaps.push(text));
  await page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => {
      const shown = document.querySelector("h1");
      new MutationObserver(() => window.swapped(shown.textContent)).observe(shown, { childList: true });
    });
  });
  const asked = [];
  page.on("request", (request) => request.url().endsWith("/v1/decide") && asked.push(request.url()));
  await page.goto(`${pages.origin}/token?token=${token({ tier: "gold", credit_band: "A" }, { seconds: 8 })}`);
  await expect(title).toHaveText("For gold");
  expect([asked, swaps], "decided on the device, once").toEqual([[], ["For gold"]]);
  expect(await page.evaluate(() => window.attune.peek("tiered"))).toMatchObject({ reason: "matched", campaign: "golden" });
  expect(JSON.stringify(await page.evaluate(() => window.attune.explain("tiered")))).toContain("golden");
  await page.waitForTimeout(400);
  const kept = await profileOf(page);
  expect(kept, "the view, and neither attribute").toMatch(/page_viewed/);
  expect(kept).not.toMatch(/credit_band|\x04tier/);
  await expect.poll(() => page.evaluate(() => window.attune.peek("tiered").then(({ campaign }) => campaign)), { timeout: 15_000 }).toBe(null);
  await page.evaluate((token) => window.attune.identify("cust_1", {}, { token }), token({ tier: "gold" }));
  await expect(title).toHaveText("For gold");
  await page.evaluate(() => window.attune.reset());
  await expect(title).toHaveText("The default");
});

const flip = (text) => text.replace(/^(.{40})(.)/, (_, before, letter) => before + (letter === "A" ? "B" : "A"));
const refusals = {
  time: () => token({ tier: "gold" }, { seconds: -1 }),
  signature: () => token({ tier: "gold" }).split(".").map((part, index) => (index === 2 ? flip(part) : part)).join("."),
  subject: () => token({ tier: "gold" }, { sub: "cust_2" }),
  algorithm: () => token({ tier: "gold" }, { alg: "HS256" }),
  form: () => "not.a.token",
};
for (const [reason, make] of Object.entries(refusals))
  test(`a token that is wrong (${reason}) counts for nothing, and is counted`, async ({ page }) => {
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(`${pages.origin}/token?token=${make()}`);
    const refused = (events) => events.filter(({ name }) => name === "token_refused");
    const events = await pages.until("token", (all) => refused(all).some(({ fields }) => fields.reason === reason), "the refusal");
    expect(refused(events).filter(({ fields }) => fields.reason === reason)).toHaveLength(1);
    expect(await page.evaluate(() => window.attune.peek("tiered"))).toMatchObject({ campaign: null });
    await expect(page.locator("h1")).toHaveText("The default");
    expect(wrong).toEqual([]);
  });

test("what the server decided is exposed, counted against caps and taken back like any other", async ({ page }) => {
  await page.goto(`${pages.origin}/server`);
  await expect.poll(() => heads(page)).toEqual(["A card", "A card"]);
  const events = await pages.until("server", (all) => all.filter(({ name }) => name === "offer_exposed").length >= 2, "exposures");
  const exposed = events.filter(({ name }) => name === "offer_exposed").map(({ fields }) => [fields.placement, fields.offer]);
  expect(exposed).toEqual(expect.arrayContaining([["asked", "card"], ["own", "card"]]));
  await page.evaluate(() => window.attune.consent({ personalise: false }));
  await expect.poll(() => heads(page)).toEqual(["The default", "The other default"]);
  expect(await page.evaluate(() => window.attune.decide("asked"))).toMatchObject({ reason: "no_consent" });
});

test("without Wasm the server decides everything", async ({ page }) => {
  await page.goto(`${pages.origin}/server-no-wasm`);
  await expect.poll(() => heads(page)).toEqual(["A card", "A card"]);
  expect(await page.evaluate(() => [window.attune.mode, window.attune.why])).toEqual(["lite", "no_wasm"]);
  const decision = await page.evaluate(() => window.attune.decide("own"));
  expect(decision).toMatchObject({ campaign: "cards", offers: [{ id: "card" }] });
});

test("without an answer the default content stays", async ({ page }) => {
  pages.faults.push((path) => path === "/v1/decide" && { status: 503 });
  try {
    await page.goto(`${pages.origin}/server`);
    await expect.poll(() => heads(page)).toEqual(["The default", "A card"]);
    expect(await page.evaluate(() => window.attune.decide("asked"))).toBe(null);
  } finally {
    pages.faults.pop();
  }
});

test("another signing key breaks no open page", async ({ page, context }) => {
  test.slow();
  const attune = (...args) => promisify(execFile)(process.env.ATTUNE_BINARY ?? `${root}target/debug/attune`, [...args, "--data", process.env.ATTUNE_DATA, "--json"]);
  const manifests = [];
  page.on("response", async (response) => {
    if (response.url().includes("/v1/manifest") && response.ok()) manifests.push(await response.json());
  });
  const tag = () => page.evaluate(async () => (await fetch(document.querySelector("script[src*='tag.js']").src)).text());
  await page.goto(`${pages.origin}/server`);
  await expect.poll(() => heads(page)).toEqual(["A card", "A card"]);
  const { key: first, previous: none } = JSON.parse((await attune("key", "show")).stdout);
  expect([(await tag()).includes(first), none]).toEqual([true, null]);
  try {
    const { key: second } = JSON.parse((await attune("key", "rotate")).stdout);
    expect(second).not.toBe(first);
    // The switch reaches the open page under the key that it pins.
    const call = await signIn(url);
    const { body, version } = await call("GET", `/api/sites/${site}/settings`);
    await call("PUT", `/api/sites/${site}/settings`, { ...body, enabled: false }, { "if-match": `"${version}"` });
    await expect.poll(() => heads(page), { timeout: 60_000 }).toEqual(["The default", "The other default"]);
    expect(manifests.at(-1).key).toBe(first);
    const later = await call("GET", `/api/sites/${site}/settings`);
    await call("PUT", `/api/sites/${site}/settings`, { ...later.body, enabled: true }, { "if-match": `"${later.version}"` });
    expect(await tag()).toContain(second);
    const fresh = await context.newPage();
    await fresh.goto(`${pages.origin}/server`);
    await expect.poll(() => heads(fresh)).toEqual(["A card", "A card"]);
  } finally {
    await attune("key", "retire");
  }
});

test("an OpenFeature client on a server sees the same through OFREP", async () => {
  const flags = async (bearer, context) => {
    const provider = new OFREPProvider({ baseUrl: url, headers: [["Authorization", `Bearer ${bearer}`]] });
    await OpenFeature.setProviderAndWait(provider);
    return OpenFeature.getClient().getStringDetails("asked", "none", { targetingKey: "v", consent: { personalise: "granted" }, ...context });
  };
  expect(await flags(key, { credit_band: "A" })).toMatchObject({ value: "card", reason: "TARGETING_MATCH", variant: "card" });
  const own = `${server.key.id}.${server.secret}`;
  expect(await flags(own, { credit_band: "A" })).toMatchObject({ value: "loan", flagMetadata: { campaign: "loans" } });
  const client = OpenFeature.getClient();
  expect(await client.getObjectValue("asked.decision", {}, { targetingKey: "v", consent: { personalise: "granted" }, credit_band: "A" }))
    .toMatchObject({ decision: { campaign: "loans" }, content: { loan: { en: { title: "A loan for you" } } } });
  expect(await client.getStringDetails("nothing", "none", { targetingKey: "v" })).toMatchObject({ value: "none", errorCode: "FLAG_NOT_FOUND" });
  expect(await client.getStringDetails("asked", "none", {})).toMatchObject({ value: "none", errorCode: "TARGETING_KEY_MISSING" });
});

test("an OpenFeature client in the page reads placements as flags", async ({ page }) => {
  const shop = await servePages(url, process.env.ATTUNE_KEY);
  try {
    await page.goto(`${shop.origin}/openfeature`);
    const told = await page.evaluate(() => window.told);
    const shown = told.flag;
    expect(told.text.flagMetadata.decision).toMatch(/^[0-9a-f-]{36}$/);
    expect(told.text.value).toBe(shown ? told.object.offers[0].id : "none");
    expect(told.number).toMatchObject({ value: 7, errorCode: "TYPE_MISMATCH" });
    expect(told.unknown).toMatchObject({ value: "none", errorCode: "FLAG_NOT_FOUND" });
    expect(told.empty).toMatchObject({ value: "none", reason: "DEFAULT" });
    const events = await shop.until("openfeature", (all) => all.some(({ name }) => name === "thing_bought"), "the purchase");
    expect(events.find(({ name }) => name === "thing_bought").fields).toEqual({ value: 12, currency: "KRW" });
  } finally {
    await shop.stop();
  }
});
