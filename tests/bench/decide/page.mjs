// One visitor of a page who is decided for again and again, in Chromium: ours, GrowthBook and an interpreter in plain
// JavaScript, over the campaigns of the SDK's bench; and the first decision that a page makes after it has loaded.
//
// The table of the SDK's bench asks for another visitor with every call, whose thirty attributes are part of its time. A page
// has one visitor and tells us of changes. `cargo xtask bench sdk` runs this.   (ATTUNE_CHROMIUM, ATTUNE_BINARY)
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "@playwright/test";
import { build } from "esbuild";
import attune from "../sdk/attune.decide.mjs";

const ROUNDS = 5;
const bench = new URL("../../../target/bench-sdk/", import.meta.url).pathname;
const from = async (path) => import(pathToFileURL(join(bench, path)));
const { workload, expected } = await from("lib/workload.mjs");
const { rules, profiles } = workload();
const wanted = expected({ rules, profiles });
const rows = [attune, (await from("rows/decide/growthbook.mjs")).default, (await from("rows/decide/plain-js.mjs")).default];

const files = new Map([
  ["/", { type: "text/html", body: "<!doctype html><title>Bench</title>" }],
  // Fetched by the page: what a test driver hands over are other strings, with which some engines are four times slower.
  ["/work.json", { type: "application/json", body: JSON.stringify({ rules, profiles }) }],
]);
for (const { name, entry, files: more = [] } of rows) {
  const { outputFiles } = await build({ stdin: { contents: entry, resolveDir: bench }, bundle: true, minify: true, format: "iife", target: "es2022", write: false });
  files.set(`/${name}.js`, { type: "text/javascript", body: outputFiles[0].contents });
  for (const file of more) files.set(`/decide/${basename(file)}`, { type: "application/wasm", body: await readFile(file) });
}
const server = createServer(({ url }, response) => {
  const file = files.get(url);
  // Isolated pages have timers of 5 microseconds.
  const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  response.writeHead(file ? 200 : 404, { ...headers, "content-type": file?.type ?? "text/plain" }).end(file?.body);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

// In the page: milliseconds of set-up and of the first decision, microseconds of later ones, and what was decided.
async function measure(visitor) {
  const { rules, profiles } = await (await fetch("/work.json")).json();
  const profile = profiles[visitor];
  let began = performance.now();
  await window.__engine.setup(rules);
  const setup = performance.now() - began;
  began = performance.now();
  const ids = window.__engine.decide(profile);
  const first = performance.now() - began;
  const times = [];
  for (let round = 0; round < 500; round++) {
    began = performance.now();
    for (let call = 0; call < 10; call++) window.__engine.decide(profile);
    times.push((performance.now() - began) * 100);
  }
  // The first hundred warm.
  const warm = times.slice(100).sort((a, b) => a - b);
  return { setup, first, p50: warm[200], p99: warm[396], ids };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const browser = await chromium.launch({ executablePath: process.env.ATTUNE_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  const found = new Map(rows.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const { name } of rows) {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.addScriptTag({ url: `/${name}.js` });
      const visitor = round * 7;
      const { ids, ...figures } = await page.evaluate(measure, visitor);
      if (ids.toSorted().join() !== wanted[visitor].toSorted().join()) throw new Error(`${name} decided otherwise for visitor ${visitor}`);
      found.get(name).push(figures);
      await page.close();
    }
  console.log("\n### One visitor: 100 campaigns x 5 conditions (medians of " + ROUNDS + " visitors, a fresh page each)");
  console.log("| engine | set-up ms | first decision ms | p50 µs | p99 µs |\n| --- | --- | --- | --- | --- |");
  for (const [name, all] of found) {
    const of = (figure) => median(all.map((one) => one[figure])).toFixed(2);
    console.log(`| ${name} | ${of("setup")} | ${of("first")} | ${of("p50")} | ${of("p99")} |`);
  }
} finally {
  await browser.close();
  server.close();
}
