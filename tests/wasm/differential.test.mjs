// Questions that nobody thought of, about bundles that nobody wrote: native and Wasm builds give the same bytes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { instantiate, target } from "./shipped.mjs";

const cases = Number(process.env.ATTUNE_CASES || 20_000);
const seed = Number(process.env.ATTUNE_SEED || 1);
const PAGE = 10_000; // Decisions a page: it keeps the memory of every profile and bundle that it opened.
const program = process.env.ATTUNE_DIFFERENTIAL || fileURLToPath(new URL("debug/differential", target));

test(`${cases} drawn decisions are the same in both builds`, async (t) => {
  let builds;
  let left = 0;
  const drawn = spawn(program, [String(cases), String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => drawn.on("exit", done));
  const reasons = {};
  let asked = 0;
  for await (const line of createInterface({ input: drawn.stdout })) {
    const { bundle, cases: questions } = JSON.parse(line);
    const payload = Buffer.from(bundle, "hex");
    if (left <= 0) {
      const [attune, models, explainer] = await Promise.all(["attune", "models", "explain"].map(instantiate));
      builds = { attune, models, explainer };
      left = PAGE;
    }
    left -= questions.length;
    const { explainer, [payload[3] > 1 ? "models" : "attune"]: attune } = builds;
    for (const one of questions) {
      const { placement, now, limit, force, draw } = one;
      attune.open(Buffer.from(one.profile, "hex"));
      assert.equal(attune.install(payload), 1, bundle);
      attune.consent(one.consent);
      attune.give(Object.entries(one.context));
      attune.page();
      for (const [facet, value] of one.reserved) attune.reserve(facet, value);
      assert.equal(attune.decide(placement, now, limit, true, force ?? "", draw), one.decision, line);
      const question = attune.question(placement, now, limit, force ?? "", draw);
      explainer.open(attune.profile());
      explainer.install(payload);
      assert.equal(explainer.explain(question), one.explanation, line);
      const { reason } = JSON.parse(one.decision);
      reasons[reason] = (reasons[reason] || 0) + 1;
      if (one.decision.includes("propensity")) reasons.tried = (reasons.tried || 0) + 1;
      asked++;
    }
  }
  assert.equal(await ended, 0);
  assert.ok(asked >= cases, `${asked} of ${cases}`);
  t.diagnostic(`${asked} decisions, seed ${seed}: ${JSON.stringify(reasons)}`);
  // A fuzzer that only ever meets the first gate proves nothing.
  for (const reason of ["fallback", "not_eligible", "capped", "no_consent", "holdout", "control", "matched", "ranked", "split", "override", "tried"])
    assert.ok(reasons[reason] > cases / 1_000, `${reason}: ${reasons[reason]}`);
});
