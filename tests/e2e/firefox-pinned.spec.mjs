// Pages that pin the SDK, in Firefox ESR: whatever is not what it has to be does not run.
import { expect, test } from "@playwright/test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { installed, startFirefox } from "./firefox.mjs";
import { servePages } from "./pages.mjs";
import { until } from "./stack.mjs";

test.skip(!installed, "Firefox ESR is not installed");
test.describe.configure({ timeout: 120_000 });

let pages, firefox;
test.beforeAll(async () => {
  pages = await servePages(process.env.ATTUNE_URL, process.env.ATTUNE_KEY);
  // Without a cache, so that each page fetches each file.
  firefox = await startFirefox({ "browser.cache.disk.enable": false, "browser.cache.memory.enable": false });
});
test.afterAll(async () => {
  await firefox?.stop();
  await pages.stop();
});
test.beforeEach(() => {
  pages.received.length = 0;
  pages.faults.length = 0;
  pages.line = null;
});

async function open(name) {
  await firefox.goto(`${pages.origin}/${name}`);
  return until(() => firefox.evaluate("window.attune?.mode && [attune.mode, attune.why]"), "the SDK", 15_000);
}

// What a page that pins the SDK has in its head; each part as it is served, or with something before it, from the nth time on.
const root = new URL("../../", import.meta.url).pathname;
async function pin() {
  const { ATTUNE_BINARY: binary = `${root}target/debug/attune`, ATTUNE_SITE: site, ATTUNE_DATA: data } = process.env;
  pages.line = (await promisify(execFile)(binary, ["tag", site, "--pinned", "--data", data])).stdout.trim();
}
function alter(part, from = 1) {
  const asked = [];
  pages.faults.push(async (path) => {
    if (!part.test(path)) return null;
    asked.push(path);
    const answer = await fetch(process.env.ATTUNE_URL + path);
    const body = Buffer.from(await answer.arrayBuffer());
    const type = answer.headers.get("content-type");
    const wasm = type === "application/wasm";
    const altered = wasm ? [body, Buffer.from([0, 1, 0])] : [Buffer.from("window.altered = true;"), body];
    return { headers: { "content-type": type, "cache-control": "no-store" }, body: asked.filter((one) => one === path).length < from ? body : Buffer.concat(altered) };
  });
  return asked;
}
const altered = () => firefox.evaluate("window.altered === true");

test("a pinned page runs the files it pins: script, Wasm and what is loaded later", async () => {
  await pin();
  expect(await open("plain")).toEqual(["full", ""]);
  expect(await firefox.evaluate("attune.decide('home-hero')")).toMatchObject({ placement: "home-hero" });
  expect(await firefox.evaluate("attune.explain('home-hero', { language: 'en' }).then(({ length }) => length)")).toBeGreaterThan(0);
  await firefox.evaluate("attune.track('noted', { note: 'mail someone@example.test' })");
  const events = await pages.until("plain", (all) => all.some(({ name }) => name === "noted"), "the note");
  expect(events.find(({ name }) => name === "noted").fields.note).toBe("mail [email]");
});

// Every part by what its address begins with, and what works without it.
const parts = {
  loader: [/^\/pinned\//, "!attune.began"],
  script: [/^\/sdk\/attune-\w+\.js/, "attune.mode === 'off'"],
  Wasm: [/^\/sdk\/attune-\w+\.wasm/, "attune.mode === 'full'"],
  "lazy part": [/^\/sdk\/placement-/, "attune.mode === 'full'"],
};
for (const [name, [part, left]] of Object.entries(parts))
  test(`in a pinned page an altered ${name} does not run`, async () => {
    await pin();
    const asked = alter(part);
    await firefox.goto(`${pages.origin}/plain?altered-${name.length}`);
    await until(async () => asked.length && (await firefox.evaluate(left)), `the page without its ${name}`, 15_000);
    await new Promise((go) => setTimeout(go, 700));
    expect(await altered()).toBe(false);
    if (name !== "Wasm") expect(await firefox.evaluate("document.querySelector('h1').textContent")).toBe("The default");
    // The same in a page that pins nothing: there, it runs. (What is not Wasm any more, nowhere.)
    if (name !== "lazy part") return;
    pages.line = null;
    await open("plain?unpinned");
    await until(altered, "the altered part", 10_000);
  });

test("what was checked is what runs: a file is not fetched again", async () => {
  await pin();
  const asked = alter(/^\/sdk\/.*\.js/, 2);
  expect(await open("plain?twice")).toEqual(["full", ""]);
  await firefox.evaluate("attune.decide('home-hero')");
  expect(await altered()).toBe(false);
  expect(new Set(asked).size, "each file once").toBe(asked.length);
});
