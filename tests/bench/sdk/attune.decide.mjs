// Attune beside other decision engines: the shipped core behind the calls that the SDK makes, with receipts (a decision's
// id is a digest of all its inputs) and a frequency cap on. Rules become the eligibility of a hundred offers of one
// placement, of which all that may be shown are wanted.
//
// Needs `cargo xtask web sdk` and the program `attune` (ATTUNE_BINARY).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const target = new URL("../../../target/", import.meta.url).pathname;
const { workload } = await import(pathToFileURL(join(target, "bench-sdk/lib/workload.mjs")));
const OPERATORS = { ge: "at_least", lt: "less_than", in: "one_of", ne: "is_not", eq: "is" };

const { rules, profiles } = workload();
const source = {
  site: { holdout_percent: 0, personalise_basis: "opt_out" },
  attributes: Object.keys(profiles[0]).map((id) => ({ id })),
  placements: [{ id: "hero" }],
  offers: rules.map(({ id, all }) => ({
    id,
    content: { en: { title: id } },
    eligibility: { all: all.map(({ k, op, v }) => ({ attribute: { name: k, [OPERATORS[op]]: v } })) },
  })),
  campaigns: [{
    id: "all", status: "running", placements: ["hero"], offers: rules.map(({ id }) => id),
    caps: [{ scope: "campaign", per: "day", max: 3 }],
  }],
};
const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
writeFileSync(join(folder, "source.json"), JSON.stringify(source));
const compiled = spawnSync(process.env.ATTUNE_BINARY ?? join(target, "debug/attune"), ["bundle", "compile", "source.json", "--out", "bundle"], { cwd: folder });
if (compiled.status !== 0) throw new Error(String(compiled.stderr));
const payload = readFileSync(join(folder, "bundle")).subarray(67).toString("base64");

const sdk = join(target, "web/sdk");
const wasm = readdirSync(sdk).find((name) => name.startsWith("attune-") && name.endsWith(".wasm"));

export default {
  name: "attune",
  how: "the shipped core as js/core.js calls it; a call for another visitor tells it the 30 attributes first",
  files: [join(sdk, wasm)],
  entry: `import { coreOf } from ${JSON.stringify(join(target, "web-stage/sdk/core.js"))};
    const payload = Uint8Array.from(atob(${JSON.stringify(payload)}), (c) => c.charCodeAt(0));
    let core, known;
    window.__engine = {
      async setup() {
        const { instance } = await WebAssembly.instantiateStreaming(fetch("/decide/${wasm}"));
        core = coreOf(instance.exports);
        core.open(new Uint8Array(0));
        if (!core.install(payload)) throw new Error("the bundle was refused");
      },
      decide(profile) {
        if (profile !== known) {
          core.give(Object.entries((known = profile)));
          core.traits();
        }
        return JSON.parse(core.decide("hero", 1795348800000, 100, true)).offers.map(({ id }) => id);
      },
    };`,
};
