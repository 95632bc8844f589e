// The tag that has everything in it: one request before the first events, a bundle that is as new as the page, and older
// releases.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { request } from "node:http";
import { servePages } from "./pages.mjs";

const root = new URL("../../", import.meta.url).pathname;
const attune = (...args) => promisify(execFile)(process.env.ATTUNE_BINARY ?? `${root}target/debug/attune`, [...args, "--data", process.env.ATTUNE_DATA]);
const url = process.env.ATTUNE_URL;
const key = process.env.ATTUNE_KEY;

let pages;
test.beforeAll(async () => {
  pages = await servePages(url, key);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => {
  pages.received.length = 0;
});

// As it travels: `fetch` would unpack it.
const raw = (path, headers) =>
  new Promise((done, fail) => {
    const { hostname: host, port } = new URL(url);
    request({ host, port, path, headers }, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) });
    }).on("error", fail).end();
  });

test("one request, and the first events are on their way", async ({ page }) => {
  const asked = [];
  page.on("request", (one) => asked.push(new URL(one.url()).pathname.replace(/-[0-9a-f]{8}\./, ".")));
  const ready = page.waitForRequest((one) => one.url().endsWith("/v1/batch"));
  await page.goto(`${pages.origin}/plain?whole`);
  await ready;
  const before = asked.slice(0, asked.indexOf("/attune/v1/batch")).filter((path) => path.startsWith("/attune/"));
  expect(before[0]).toBe("/attune/tag.js");
  expect(before.filter((path) => /manifest|attune\.js/.test(path))).toEqual([]);
  await pages.until("plain?whole", (events) => events.some(({ name }) => name === "page_viewed"), "the view");
  expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => /bundle/.test(name)))).toEqual([]);
});

test("it is packed as the browser takes it, told apart by what is in it, and not sent twice", async () => {
  const path = `/tag.js?site=${key}`;
  const [plain, brotli, gzip] = [await raw(path, {}), await raw(path, { "accept-encoding": "gzip, br" }), await raw(path, { "accept-encoding": "gzip" })];
  expect([plain, brotli, gzip].map(({ headers }) => headers["content-encoding"])).toEqual([undefined, "br", "gzip"]);
  expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
  expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
  expect(plain.body.toString()).toContain(JSON.stringify(key));
  expect(plain.body.toString()).not.toMatch(/__[A-Z]+__/);
  expect(plain.headers).toMatchObject({ "cache-control": "no-cache", "access-control-allow-origin": "*" });
  const again = await raw(path, { "accept-encoding": "gzip, br", "if-none-match": brotli.headers.etag });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  expect(brotli.headers.etag).not.toBe(plain.headers.etag);
});

test("a site that nobody knows gets the small tag, and no text of the address", async () => {
  for (const site of ["pk_nobody", '"+alert(1)+"', ""]) {
    const { status, body } = await raw(`/tag.js?site=${encodeURIComponent(site)}`, {});
    expect([status, body.length < 2_000, /alert|nobody/.test(body)]).toEqual([200, true, false]);
  }
});

test("a release that was kept from a program before is whole as well; one from before there was any is not", async () => {
  const built = join(root, "target/web/sdk");
  const whole = (await readdir(built)).find((name) => /^whole-.*\.js$/.test(name));
  const folder = await mkdtemp(join(tmpdir(), "attune-older-sdk-"));
  const tag = async () => (await raw(`/tag.js?site=${key}`, {})).body.toString();
  const use = async (release, wanted) => {
    await attune("sdk", "use", release);
    await expect.poll(async () => wanted.test(await tag()), { timeout: 20_000 }).toBe(true);
  };
  try {
    await writeFile(join(folder, "attune-01de.js"), "export const start = () => {};");
    await writeFile(join(folder, "attune-01de.wasm"), Buffer.from([0, 97, 115, 109]));
    await attune("sdk", "add", folder, "--label", "0.0.1-small");
    await rm(join(folder, "attune-01de.js"));
    await writeFile(join(folder, "attune-02de.js"), "export const start = () => {};");
    await writeFile(join(folder, "whole-02de.js"), `/* older */${await readFile(join(built, whole), "utf8")}`);
    await attune("sdk", "add", folder, "--label", "0.0.2-whole");
    await use("02de", /^\/\* older \*\/[^]*"signed":"/);
    await use("01de", /^(?![^]*"signed":")[^]*sdk\/attune-01de\.js/);
    await use("none", /^\/\/ Switched off/);
  } finally {
    await use("newest", /^\/\/# allFunctionsCalledOnLoad[^]*"signed":"/);
    await rm(folder, { recursive: true });
    for (const release of ["01de", "02de"]) await attune("sdk", "remove", release);
  }
});
