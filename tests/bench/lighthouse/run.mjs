// Lighthouse's performance score of the demo bank with the tag minus without it: pairs in turn, the first of a pair by turns,
// everything else the same. Prints each page's medians and the median of the pairs' differences.
//
//   node run.mjs [--pairs 9] [--pages /,/cards] [--out FILE]      (ATTUNE_CHROMIUM, ATTUNE_BINARY)
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";
import { freePort, startStack, until } from "../../e2e/stack.mjs";

const { values } = parseArgs({ options: { pairs: { type: "string", default: "9" }, pages: { type: "string", default: "/" }, out: { type: "string" } } });
const root = new URL("../../../", import.meta.url).pathname;
const pairs = Number(values.pairs);
const PAGES = values.pages.split(",");
const METRICS = { lcp: "largest-contentful-paint", tbt: "total-blocking-time", cls: "cumulative-layout-shift", fcp: "first-contentful-paint" };

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

const stack = await startStack();
const plainPort = await freePort();
// The same bank without a site's key prints no tag.
const plain = spawn("node", ["examples/bank-cards/server.mjs", "--listen", `127.0.0.1:${plainPort}`], { cwd: root, stdio: "ignore" });
const sites = { with: stack.bank, without: `http://127.0.0.1:${plainPort}` };
const scores = [];
try {
  await until(async () => (await fetch(sites.without)).ok, "the bank without a tag");
  const html = Object.fromEntries(await Promise.all(Object.entries(sites).map(async ([name, site]) => [name, await (await fetch(site)).text()])));
  if (!html.with.includes("tag.js") || html.without.includes("tag.js")) throw new Error("the pages do not differ by the tag");
  for (let pair = 0; pair < pairs; pair++)
    for (const path of PAGES) {
      const found = {};
      for (const name of pair % 2 ? ["with", "without"] : ["without", "with"]) {
        const profile = await mkdtemp(join(tmpdir(), "attune-lighthouse-"));
        const chrome = await chromeLauncher.launch({
          chromePath: process.env.ATTUNE_CHROMIUM ?? "/usr/bin/chromium",
          userDataDir: profile,
          chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic"],
        });
        const { lhr } = await lighthouse(sites[name] + path, { port: chrome.port, onlyCategories: ["performance"], logLevel: "error" });
        await chrome.kill();
        await rm(profile, { recursive: true, force: true });
        if (lhr.runtimeError) throw new Error(`${name} ${path}: ${lhr.runtimeError.message}`);
        found[name] = { score: lhr.categories.performance.score * 100 };
        for (const [metric, audit] of Object.entries(METRICS)) found[name][metric] = lhr.audits[audit].numericValue;
      }
      scores.push({ path, ...found });
      console.error(`pair ${pair + 1}/${pairs} ${path}: with ${found.with.score.toFixed(0)}, without ${found.without.score.toFixed(0)}`);
    }
} finally {
  plain.kill();
  await stack.stop();
}

console.log("| page | score with | without | median difference | LCP ms | blocking ms | shift |");
console.log("| --- | --- | --- | --- | --- | --- | --- |");
const difference = (rows, metric) => median(rows.map((row) => row.with[metric] - row.without[metric]));
for (const path of PAGES) {
  const rows = scores.filter((row) => row.path === path);
  const score = (name) => median(rows.map((row) => row[name].score)).toFixed(0);
  const signed = (metric, digits) => (difference(rows, metric) >= 0 ? "+" : "") + difference(rows, metric).toFixed(digits);
  console.log(`| ${path} | ${score("with")} | ${score("without")} | ${signed("score", 1)} | ${signed("lcp", 0)} | ${signed("tbt", 0)} | ${signed("cls", 3)} |`);
}
const all = difference(scores, "score");
console.log(`median of ${scores.length} pairs: ${all >= 0 ? "+" : ""}${all.toFixed(1)} points (bar: -1)`);
if (values.out) await writeFile(values.out, JSON.stringify(scores));
process.exitCode = all < -1 ? 1 : 0;
