// Which module a page loads: the one that scores models only where its bundle holds one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, script, vectors } from "./shipped.mjs";

const { openDecider } = await script("decider.js");
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
  });
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
