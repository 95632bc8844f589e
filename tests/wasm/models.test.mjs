// Which module a page loads: the one that scores models only where its bundle holds one.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { instantiate, load, script, target, vectors } from "./shipped.mjs";

const { openDecider } = await script("decider.js");
const { coreOf, plainly } = await script("lazy/vault.js");
const bytes = (wanted) => Uint8Array.from(vectors.find(({ bundle, decision }) => bundle[3] > 1 === wanted && decision.includes('"matched"')).bundle);
const [plain, modelled] = [bytes(false), bytes(true)];

// One page: what it loaded, in order.
async function page(store, payload) {
  const loaded = [];
  const consent = { personalises: () => true, bits: () => 0 };
  const who = { visitor: () => "", user: () => "" };
  const kept = { text: (name) => store.get(name) ?? "", setText: (name, text) => (text ? store.set(name, text) : store.delete(name)), watch() {} };
  const decider = openDecider(kept, who, consent, (models) => {
    loaded.push(models ? "models" : "attune");
    return load(loaded.at(-1));
  }, async () => ({ coreOf, vault: plainly }));
  const ready = decider.load();
  decider.install(payload);
  const core = await ready;
  assert.ok(core.words().includes("offers"), "the bundle was installed");
  return loaded;
}

test("the first page finds out, later ones know", async () => {
  const store = new Map();
  assert.deepEqual(await page(store, plain), ["attune"]);
  assert.deepEqual(await page(store, modelled), ["attune", "models"]);
  assert.deepEqual(await page(store, modelled), ["models"]);
  assert.deepEqual(await page(store, plain), ["models"], "it decides without models as well");
  assert.deepEqual(await page(store, plain), ["attune"]);
});

test("where nothing can be kept, every page finds out", async () => {
  const forgetful = { get: () => "", set() {}, delete() {} };
  assert.deepEqual(await page(forgetful, modelled), ["attune", "models"]);
  assert.deepEqual(await page(forgetful, modelled), ["attune", "models"]);
});

// Needs `cargo run -p attune-tests --bin spec-vectors target/models-work/shoppers.spec.json > target/shoppers-vectors.json`
// after `xtask/models.py`; the title has the library's own score.
const real = await readFile(new URL("shoppers-vectors.json", target)).catch(() => null);

test("LightGBM's scores of real visits, in the module that pages load", { skip: !real && "the shared data or the library is absent" }, async () => {
  const models = await instantiate("models");
  const rows = JSON.parse(real);
  assert.ok(rows.length >= 100);
  for (const row of rows) {
    models.open(Uint8Array.from(row.profile));
    models.install(Uint8Array.from(row.bundle));
    models.consent(row.consent);
    const decision = models.decide(row.placement, row.now, row.limit, true, "", row.draw);
    assert.equal(decision, row.decision);
    const score = Number(row.title.split(" ").at(-1));
    assert.ok(Math.abs(JSON.parse(decision).offers[0].score_micros - score * 1e6) <= 0.5 + 1e-6, row.title);
  }
});
