// Visitors on the demo bank: what is shown, what is sent, what the funnel then says.
import { expect, test } from "@playwright/test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { signIn, until } from "./stack.mjs";

const bank = process.env.ATTUNE_BANK;
const url = process.env.ATTUNE_URL;
const site = `/api/sites/${process.env.ATTUNE_SITE}`;

const hero = (page) => page.locator('attune-placement[name="home-hero"]');
const ready = (page) => page.waitForFunction(() => window.attune?.mode === "full");

// Everything the page sends to the collector, as text: the compact form keeps names and values readable.
function sent(page) {
  const bodies = [];
  page.on("request", (request) => {
    if (request.url().includes("/v1/batch")) bodies.push(request.postDataBuffer()?.toString("utf8") ?? "");
  });
  return bodies;
}

function complaints(page) {
  const list = [];
  page.on("pageerror", (error) => list.push(error.message));
  page.on("console", (message) => message.type() === "error" && list.push(message.text()));
  return list;
}

// Every byte below a folder, as text.
async function readAll(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "latin1")))).join("");
}

async function counts(api, question) {
  await api("POST", "/api/flush");
  const answer = await api("POST", `${site}/funnel`, question);
  return answer.steps.map((step) => step.count);
}

test("travel pages bring a travel card, decided in the page, with a reason, and a switch that ends it", async ({ page }) => {
  const wrong = complaints(page);
  await page.goto(bank);
  await ready(page);
  const before = await hero(page).locator('[data-attune-text="title"]').textContent();
  for (const path of ["/cards/category/travel", "/cards/sora-sky", "/cards/sora-road"]) {
    await page.goto(bank + path);
    await ready(page);
  }
  // The collector goes silent: the kept bundle and profile decide alone.
  await page.route(/\/attune\/v1\//, (route) => route.abort());
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(bank);
  await ready(page);
  await expect(hero(page)).toHaveAttribute("data-attune-offer", "sora-sky");
  await expect(hero(page).locator('[data-attune-text="title"]')).not.toHaveText(before);
  await expect(hero(page).locator("img")).toHaveAttribute("src", "/art/sora-sky.svg");
  expect(await page.evaluate(() => window.shift)).toBe(0);

  await hero(page).getByRole("button", { name: "Why this card?" }).click();
  await expect(hero(page).locator("[data-attune-why-text]")).toContainText("travel pages on this device");

  await page.getByRole("switch", { name: /Personalised content/ }).first().click();
  await expect(hero(page)).not.toHaveAttribute("data-attune-offer", /./);
  await expect(hero(page).locator('[data-attune-text="title"]')).toHaveText(before);
  expect(wrong.filter((text) => !text.includes("ERR_FAILED"))).toEqual([]);
});

test("an exposure carries its decision, and a click the same", async ({ page }) => {
  const api = await signIn(url);
  for (const path of ["/cards/category/dining", "/cards/masi-table"]) {
    await page.goto(bank + path);
    await ready(page);
  }
  await page.goto(bank);
  await ready(page);
  await expect(hero(page)).toHaveAttribute("data-attune-offer", "masi-table");
  await page.waitForTimeout(1_300);
  await hero(page).locator('[data-attune-text="cta"]').click();
  await page.waitForURL(/masi-table/);
  await api("POST", "/api/flush");
  const overview = await until(async () => {
    await api("POST", "/api/flush");
    const { campaigns } = await api("GET", `${site}/overview`);
    return campaigns.find((one) => one.campaign === "for-you" && one.exposures && one.clicks);
  }, "exposure and click");
  expect(overview.reach).toBeGreaterThanOrEqual(1);
});

test("an abandoned form is remembered on the device, and no value is ever sent", async ({ page }) => {
  const secret = "Hwang-7391-Secret";
  await page.goto(`${bank}/apply/sora-sky`);
  await ready(page);
  const form = page.locator("#card-application");
  const fields = form.locator("fieldset:not([hidden]) :is(input, select):visible");
  await form.locator("input, select").first().focus();
  // Walk the visible fields of the first step, choosing and typing what a person would.
  for (let index = 0; index < (await fields.count()); index++) {
    const field = fields.nth(index);
    const [tag, type] = await field.evaluate((element) => [element.tagName, element.type]);
    if (tag === "SELECT") await field.selectOption({ index: 1 });
    else if (type === "radio" || type === "checkbox") await field.check({ force: true });
    else if (type === "number") await field.fill("739155");
    else if (["text", "email", "tel"].includes(type)) await field.fill(secret);
    await field.blur();
  }
  await page.goto(bank);
  await ready(page);
  await expect(page.locator('[data-attune-placement="home-resume"]')).toHaveAttribute("data-attune-offer", "resume-application");
  const api = await signIn(url);
  await until(async () => {
    await api("POST", "/api/flush");
    return (await api("GET", `${site}/events`)).find((event) => event.name === "form_abandoned");
  }, "the abandoned form");
  // Bodies are kept as received: the collector's log is what was on the wire.
  const wire = await readAll(join(process.env.ATTUNE_DATA, "log"));
  expect(wire).toContain("form_abandoned");
  expect(wire).toContain("card-application");
  expect(wire).not.toContain(secret);
  expect(wire).not.toContain("739155");
});

test("the funnel tells how far visitors came", async ({ browser }) => {
  const api = await signIn(url);
  const question = {
    steps: [{ event: "item_viewed" }, { event: "form_started" }, { event: "form_submitted" }],
    window_seconds: 604800,
    breakdown: "device",
  };
  const [views, starts] = await counts(api, question);
  const visit = async (apply) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${bank}/cards/maru-daily`);
    await ready(page);
    if (apply) {
      await page.goto(`${bank}/apply/maru-daily`);
      await ready(page);
      await page.locator("#card-application input, #card-application select").first().focus();
      await page.waitForTimeout(100);
    }
    await page.goto(`${bank}/help`);
    await ready(page);
    await context.close();
  };
  await visit(true);
  await visit(false);
  await until(async () => {
    const now = await counts(api, question);
    return now[0] === views + 2 && now[1] === starts + 1;
  }, "two more viewers and one more applicant");
});

test("changing the campaign changes the page at the next view", async ({ page }) => {
  const api = await signIn(url);
  for (const path of ["/cards/category/travel", "/cards/sora-sky"]) {
    await page.goto(bank + path);
    await ready(page);
  }
  await page.goto(bank);
  await ready(page);
  await expect(hero(page)).toHaveAttribute("data-attune-offer", "sora-sky");
  const campaign = await api("GET", `${site}/campaigns/travel-hero`);
  const change = (body, version) => api("PUT", `${site}/campaigns/travel-hero`, body, { "if-match": String(version) });
  const changed = await change({ ...campaign.body, offers: ["bora-reserve"] }, campaign.version);
  await expect(change(campaign.body, campaign.version)).rejects.toThrow("409");
  // The manifest may be 30 s old in the browser's cache: a new visit has none, an open page refreshes.
  await page.context().newCDPSession(page).then((session) => session.send("Network.clearBrowserCache"));
  await expect(async () => {
    await page.goto(bank);
    await ready(page);
    await page.waitForTimeout(300);
    await expect(hero(page)).toHaveAttribute("data-attune-offer", "bora-reserve", { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await change(campaign.body, changed.version);
});

test("nothing is stored or sent before consent where the site says so", async ({ page }) => {
  const api = await signIn(url);
  const settings = await api("GET", `${site}/settings`);
  const put = (body, version) => api("PUT", `${site}/settings`, body, { "if-match": String(version) });
  const strict = await put({ ...settings.body, measure_basis: "opt_in", personalise_basis: "opt_in" }, settings.version);
  try {
    const bodies = sent(page);
    await page.goto(`${bank}/cards/sora-sky`);
    await ready(page);
    await page.waitForTimeout(2_500);
    expect(bodies).toEqual([]);
    const kept = await page.evaluate(() => Object.keys(localStorage).filter((key) => /profile|queue/.test(key)));
    expect(kept).toEqual([]);
    await page.evaluate(() => window.attune.consent({ measure: true }));
    await page.evaluate(() => window.attune.track("after_consent", { n: 1 }));
    await expect.poll(() => bodies.join("")).toContain("after_consent");
  } finally {
    await put(settings.body, strict.version);
  }
});

test("a page on another origin is counted and personalised too", async ({ page }) => {
  const wrong = complaints(page);
  await page.goto(process.env.ATTUNE_OTHER);
  await ready(page);
  expect(wrong).toEqual([]);
});

test("asking why brings the part that explains, which nobody else loads", async ({ page }) => {
  const wrong = complaints(page);
  const loaded = [];
  page.on("request", (request) => request.url().includes("/sdk/explain-") && loaded.push(request.url()));
  await page.goto(bank);
  await ready(page);
  expect(loaded).toEqual([]);
  const lines = await page.evaluate(() => window.attune.explain("home-hero"));
  expect(loaded.length).toBe(2);
  expect(lines[0]).toEqual({ step: "site", subject: "", outcome: "on" });
  expect(lines).toContainEqual({ step: "placement", subject: "home-hero", outcome: "known" });
  expect(lines.some((line) => line.step === "audience")).toBe(true);
  expect(wrong).toEqual([]);
});

test("the tag pasted twice counts once, and early calls are kept", async ({ page }) => {
  const bodies = sent(page);
  await page.route(`${bank}/help`, async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const tag = /<script async src="[^"]*tag\.js[^"]*"[^>]*><\/script>/.exec(body)[0];
    await route.fulfill({ response, body: body.replace(tag, tag + tag) });
  });
  await page.addInitScript(() => (window.attune = window.attune || []).push(["track", "early_bird", { worm: true }]));
  await page.goto(`${bank}/help`);
  await ready(page);
  await expect.poll(() => bodies.join("")).toContain("early_bird");
  await page.waitForTimeout(2_500);
  const views = bodies.join("").split("page_viewed").length - 1;
  expect(views).toBe(1);
});

test("a visitor who says forget is gone from the device and from the warehouse", async ({ page }) => {
  const api = await signIn(url);
  const begun = (await api("GET", `${site}/erasures`)).length;
  await page.goto(`${bank}/cards/sora-sky`);
  await ready(page);
  await page.evaluate(() => window.attune.track("compared", { item: "forget-me" }));
  await page.goto(bank);
  await ready(page);
  const before = await until(async () => {
    await api("POST", "/api/flush");
    return (await api("GET", `${site}/events`)).find((event) => event.name === "compared");
  }, "the event");
  expect(before.count).toBe(1);
  await page.evaluate(() => window.attune.forget());
  const done = await until(async () => {
    const last = (await api("GET", `${site}/erasures`)).at(begun);
    return last?.done_at && last;
  }, "the erasure");
  expect(done.requested_by).toBe("visitor");
  const events = done.rows.find((row) => row.place === "events");
  expect(events.before).toBeGreaterThan(1);
  expect(done.rows.every((row) => row.after === 0)).toBe(true);
  expect((await api("GET", `${site}/events`)).find((event) => event.name === "compared")).toBeUndefined();
  // What is kept from now on is a new visitor's, who has done nothing.
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  expect(kept).not.toContain("forget-me");
  expect(kept).not.toContain("sora-sky");
});
