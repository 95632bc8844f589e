// What a web team operates: a pinned SDK, a bad one rolled back, everything switched off, and removal.
import { expect, test } from "@playwright/test";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

const url = process.env.ATTUNE_URL;
const root = new URL("../../", import.meta.url).pathname;
const binary = process.env.ATTUNE_BINARY ?? `${root}target/debug/attune`;
const attune = async (...args) => (await promisify(execFile)(binary, [...args, "--data", process.env.ATTUNE_DATA])).stdout.trim();
const json = async (...args) => JSON.parse(await attune(...args, "--json"));

let api, site, key, pages;
test.beforeAll(async () => {
  api = await signIn(url);
  site = `operate-${Date.now()}`;
  ({ key } = await api("POST", "/api/sites", { name: site }));
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/offers`, { id: "sea", content: { en: { title: "Off to the sea" } } });
  await api("POST", `/api/sites/${site}/campaigns`, { id: "all", status: "running", placements: ["home-hero"], offers: ["sea"] });
  pages = await servePages(url, key);
});
test.afterAll(async () => {
  await attune("sdk", "use", "newest");
  await pages.stop();
});
test.beforeEach(() => (pages.received.length = 0));

const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const BODY = `<div data-attune-placement="home-hero"><h1 data-attune-text="title">The default</h1></div>`;
// A page of the site with this line in its head.
async function visit(page, line) {
  await page.route("**/pinned-page", (route) =>
    route.fulfill({
      contentType: "text/html",
      headers: { "content-security-policy": POLICY },
      body: `<!doctype html><html lang="en"><title>Pinned</title><script src="/consent.js"></script>${line}${BODY}`,
    }),
  );
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.goto(`${pages.origin}/pinned-page`);
  return wrong;
}
const headline = (page) => page.locator("h1");

test("a pinned page runs the files it pins, and says so in its tag", async ({ page }) => {
  const line = await attune("tag", site, "--pinned");
  expect(line).toMatch(/^<script async src="\/attune\/pinned\/[0-9a-f]{32}\.js" integrity="sha384-[\w+/=]{64}" crossorigin="anonymous" data-site="pk_\w+"><\/script>$/);
  expect(await attune("tag", site, "--pinned"), "the same files are the same line").toBe(line);
  expect(await attune("tag", site, "--address", "/x")).toBe(`<script async src="/x/tag.js?site=${key}"></script>`);
  const wrong = await visit(page, line);
  await expect(headline(page)).toHaveText("Off to the sea");
  expect(await page.evaluate(() => window.attune.mode)).toBe("full");
  expect((await page.evaluate(() => window.attune.explain("home-hero", { language: "en" }))).length).toBeGreaterThan(2);
  await page.evaluate(() => window.attune.track("noted", { note: "mail someone@example.test" }));
  await expect.poll(() => page.evaluate(() => document.querySelectorAll("link").length)).toBe(0);
  expect(wrong).toEqual([]);
});

// Every part that such a page loads, by what its name begins with.
for (const part of ["attune-.*\\.js", "attune-.*\\.wasm", "placement-.*\\.js"])
  test(`an altered part (${part}) does not run in a pinned page, and the page stays as it is`, async ({ page }) => {
    const ran = [];
    page.on("console", (message) => message.text() === "altered" && ran.push(part));
    const line = await attune("tag", site, "--pinned");
    let altered = 0;
    await page.route(new RegExp(`/attune/sdk/${part}$`), async (route) => {
      altered++;
      const response = await route.fetch();
      const body = await response.body();
      if (part.endsWith("wasm")) return route.fulfill({ response, body: Buffer.concat([body, Buffer.from([0, 1, 0])]) });
      return route.fulfill({ response, body: `console.log("altered");${body}` });
    });
    const asked = [];
    page.on("request", (request) => request.url().endsWith("/v1/decide") && asked.push(part));
    const wrong = await visit(page, line);
    await expect.poll(() => altered).toBeGreaterThan(0);
    await page.waitForTimeout(1_500);
    // Where what decides does not run the server decides.
    const wasm = part.endsWith("wasm");
    await expect(headline(page)).toHaveText(wasm ? "Off to the sea" : "The default");
    expect(asked).toEqual(wasm ? [part] : []);
    expect([ran, wrong]).toEqual([[], []]);
    // The same files in a page that pins nothing: there, they run.
    if (!part.startsWith("attune")) {
      await visit(page, await attune("tag", site));
      await expect.poll(() => ran.length).toBeGreaterThan(0);
    }
  });

test("an altered loader is not even begun", async ({ page }) => {
  const line = await attune("tag", site, "--pinned");
  await page.route("**/attune/pinned/*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `window.attune="altered";${await response.text()}` });
  });
  await visit(page, line);
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => window.attune && window.attune.began)).toBe(undefined);
  await expect(headline(page)).toHaveText("The default");
});

test("a bad SDK is rolled back within a minute; pinned pages never had it", async ({ page }) => {
  test.slow();
  const pinned = await attune("tag", site, "--pinned");
  const plain = await attune("tag", site);
  const before = await json("sdk", "list");
  const own = before.releases.find((release) => release.own);
  expect([before.choice, own.version]).toEqual(["newest", JSON.parse(await readFile(`${root}packages/web/package.json`)).version]);

  // A release that breaks: its script ends in an error before it has done anything.
  const folder = await mkdtemp(join(tmpdir(), "attune-bad-sdk-"));
  try {
    await cp(`${root}target/web/sdk`, folder, { recursive: true });
    const names = (await readdir(folder)).filter((name) => name.startsWith(`attune-${own.id}.js`));
    for (const name of names) await (name.endsWith(".js") ? rename(join(folder, name), join(folder, "attune-0badc0de.js")) : rm(join(folder, name)));
    await writeFile(join(folder, "attune-0badc0de.js"), "export const start = () => { throw new Error('bad'); };");
    const whole = join(folder, (await readdir(folder)).find((name) => /^whole-.*\.js$/.test(name)));
    const good = await readFile(whole, "utf8");
    await writeFile(whole.replace(/-\w+\.js$/, "-0badc0de.js"), good.replace(/{ ?start: ?\w+ ?}/, "{start(){throw new Error('bad')}}"));
    await rm(whole);
    await attune("sdk", "add", folder, "--label", "9.9.9-bad");
    await attune("sdk", "use", "0badc0de");
  } finally {
    await rm(folder, { recursive: true });
  }
  await visit(page, plain);
  await expect.poll(() => page.evaluate(() => window.attune.mode)).toBe("off");
  await expect(headline(page)).toHaveText("The default");
  await visit(page, pinned);
  await expect(headline(page)).toHaveText("Off to the sea");

  const began = Date.now();
  await attune("sdk", "use", own.id);
  await visit(page, plain);
  await expect(headline(page)).toHaveText("Off to the sea");
  expect(Date.now() - began).toBeLessThan(60_000);
  expect((await json("sdk", "list")).choice).toBe(own.id);
  await expect(attune("sdk", "remove", own.id)).rejects.toThrow(/in use/);
  await expect(attune("sdk", "use", "nothing")).rejects.toThrow(/does not exist/);
  await attune("sdk", "use", "newest");
  await attune("sdk", "remove", "0badc0de");
  expect((await json("sdk", "list")).releases.map(({ id }) => id)).not.toContain("0badc0de");
});

test("a release that the program does not have is delivered whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "attune-other-sdk-"));
  try {
    await writeFile(join(folder, "attune-0fee.js"), "export const start = () => {};");
    await writeFile(join(folder, "attune-0fee.js.br"), "packed");
    await writeFile(join(folder, "attune-0fee.wasm"), Buffer.from([0, 97, 115, 109]));
    await attune("sdk", "add", folder, "--label", "1.0.0-other");
  } finally {
    await rm(folder, { recursive: true });
  }
  const ask = (name, coding) => fetch(`${url}/sdk/${name}`, { headers: { "accept-encoding": coding } });
  const plain = await ask("attune-0fee.js", "identity");
  expect([await plain.text(), plain.headers.get("content-type")]).toEqual(["export const start = () => {};", "text/javascript; charset=utf-8"]);
  expect(plain.headers.get("cache-control")).toContain("immutable");
  expect((await ask("attune-0fee.wasm", "identity")).headers.get("content-type")).toBe("application/wasm");
  expect((await ask("attune-0nothing.js", "identity")).status).toBe(404);
  await attune("sdk", "remove", "0fee");
  expect((await ask("attune-0fee.js", "identity")).status).toBe(404);
});

test("with no SDK at all the page is as if there were no tag", async ({ page }) => {
  await attune("sdk", "use", "none");
  try {
    const wrong = await visit(page, await attune("tag", site));
    await page.waitForTimeout(500);
    expect(await page.evaluate(() => window.attune && window.attune.began)).toBe(undefined);
    await expect(headline(page)).toHaveText("The default");
    expect([wrong, pages.received]).toEqual([[], []]);
  } finally {
    await attune("sdk", "use", "newest");
  }
});

test("switches reach open pages: nothing is shown, nothing is captured", async ({ page }) => {
  test.slow();
  await visit(page, await attune("tag", site));
  await expect(headline(page)).toHaveText("Off to the sea");
  const settings = await api("GET", `/api/sites/${site}/settings`);
  const capture = await api("GET", `/api/sites/${site}/capture`);
  await api("PUT", `/api/sites/${site}/settings`, { ...settings.body, enabled: false }, { "if-match": `"${settings.version}"` });
  const off = await api("PUT", `/api/sites/${site}/capture`, { levels: [{ level: 0 }] }, { "if-match": `"${capture.version}"` });
  try {
    await expect(headline(page)).toHaveText("The default", { timeout: 60_000 });
    await page.evaluate(() => window.attune.track("too_late"));
    await page.waitForTimeout(4_000);
    expect(pages.received.flatMap(({ events }) => events).map(({ name }) => name)).not.toContain("too_late");
  } finally {
    await api("PUT", `/api/sites/${site}/capture`, capture.body, { "if-match": `"${off.version}"` });
    const { version } = await api("GET", `/api/sites/${site}/settings`);
    await api("PUT", `/api/sites/${site}/settings`, settings.body, { "if-match": `"${version}"` });
  }
});

test("removal leaves no trace in the browser, and nothing of others goes", async ({ page, context }) => {
  const line = (await attune("tag", site)).replace("></", ' data-visitor-cookie="127.0.0.1"></');
  await visit(page, line);
  await expect(headline(page)).toHaveText("Off to the sea");
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage).some((name) => name.endsWith(":profile")))).toBe(true);
  await page.evaluate(() => localStorage.setItem("theirs", "1"));
  expect((await context.cookies()).map(({ name }) => name)).toContain("attune_visitor");
  await page.goto(`${pages.origin}/blank`);
  await visit(page, line.replace("tag.js", "remove.js"));
  const left = () => page.evaluate(async () => [Object.keys(localStorage), (await indexedDB.databases()).length, Object.keys(sessionStorage), typeof window.attune?.mode]);
  await expect.poll(left).toEqual([["theirs"], 0, [], "undefined"]);
  expect((await context.cookies()).map(({ name }) => name)).not.toContain("attune_visitor");
  expect(await page.evaluate(() => document.querySelectorAll("attune-debugger,link,style").length)).toBe(0);
  await expect(headline(page)).toHaveText("The default");
});
