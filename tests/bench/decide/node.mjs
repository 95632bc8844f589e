// Decisions a second on one core: ours natively, GrowthBook in Node, over the campaigns and visitors of the SDK's bench.
//
// Arguments: the programs `attune` and `decisions`. `cargo xtask bench decide` runs this.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [attune, decisions] = process.argv.slice(2);
const bench = new URL("../../../target/bench-sdk/", import.meta.url).pathname;
const { workload, expected } = await import(pathToFileURL(join(bench, "lib/workload.mjs")));
const { GrowthBook } = createRequire(join(bench, "package.json"))("@growthbook/growthbook");
const { rules, profiles } = workload();
const wanted = expected({ rules, profiles }).reduce((sum, ids) => sum + ids.length, 0);

const run = (program, args, cwd) => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
};

// As in attune.decide.mjs: rules become the eligibility of the offers of one placement.
function ours() {
  const OPERATORS = { ge: "at_least", lt: "less_than", in: "one_of", ne: "is_not", eq: "is" };
  const source = {
    site: { holdout_percent: 0, personalise_basis: "opt_out" },
    attributes: Object.keys(profiles[0]).map((id) => ({ id })),
    placements: [{ id: "hero" }],
    offers: rules.map(({ id, all }) => ({
      id,
      content: { en: { title: id } },
      eligibility: { all: all.map(({ k, op, v }) => ({ attribute: { name: k, [OPERATORS[op]]: v } })) },
    })),
    campaigns: [{ id: "all", status: "running", placements: ["hero"], offers: rules.map(({ id }) => id), caps: [{ scope: "campaign", per: "day", max: 3 }] }],
  };
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  try {
    writeFileSync(join(folder, "source.json"), JSON.stringify(source));
    writeFileSync(join(folder, "visitors.json"), JSON.stringify(profiles));
    run(attune, ["bundle", "compile", "source.json", "--out", "bundle"], folder);
    return JSON.parse(run(decisions, ["bundle", "visitors.json"], folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// As in the bench's own row: a feature with a condition for each campaign, all of which are asked.
function growthbook() {
  const OPERATORS = { ge: "$gte", lt: "$lt", in: "$in", ne: "$ne", eq: "$eq" };
  const condition = ({ all }) => ({ $and: all.map(({ k, op, v }) => ({ [k]: { [OPERATORS[op]]: v } })) });
  const features = Object.fromEntries(rules.map((rule) => [rule.id, { defaultValue: false, rules: [{ condition: condition(rule), force: true }] }]));
  const engine = new GrowthBook();
  engine.initSync({ payload: { features } });
  const decide = (profile) => {
    engine.setAttributes(profile);
    return rules.filter(({ id }) => engine.isOn(id)).length;
  };
  let offers = 0;
  for (let warm = 0; warm < 3; warm++) offers = profiles.reduce((sum, profile) => sum + decide(profile), 0);
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < 2_000) {
    for (const profile of profiles) decide(profile);
    count += profiles.length;
  }
  return { per_second: Math.round((count / (performance.now() - began)) * 1_000), offers };
}

const { version } = JSON.parse(readFileSync(join(bench, "node_modules/@growthbook/growthbook/package.json")));
const rows = [["attune, native", ours()], [`GrowthBook ${version}, Node ${process.version}`, growthbook()]];
for (const [name, { per_second, offers }] of rows) {
  if (offers !== wanted) throw new Error(`${name} gives ${offers} offers, not ${wanted}`);
  console.log(`${name.padEnd(34)}${per_second.toLocaleString("en").padStart(12)} decisions/s, ${(1e6 / per_second).toFixed(1)} µs each`);
}
