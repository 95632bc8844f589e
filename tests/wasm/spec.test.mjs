// The decision specification against the very module that pages load: the same bytes as the native build.
//
// Needs `target/spec-vectors.json` (cargo run -p attune-tests --bin spec-vectors) and `cargo xtask web sdk`.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const target = new URL("../../target/", import.meta.url);
const shipped = new URL("web/sdk/", target);
const wasm = (await readdir(shipped)).find((name) => name.endsWith(".wasm"));
const { coreOf } = await import(new URL("web-stage/sdk/core.js", target));
const { instance } = await WebAssembly.instantiate(await readFile(new URL(wasm, shipped)));
const attune = coreOf(instance.exports);
const vectors = JSON.parse(await readFile(new URL("spec-vectors.json", target)));

test("there are vectors", () => assert.ok(vectors.length >= 60, `${vectors.length} vectors`));

for (const vector of vectors)
  test(vector.title, () => {
    attune.open(Uint8Array.from(vector.profile));
    assert.equal(attune.install(Uint8Array.from(vector.bundle)), 1);
    attune.consent(vector.consent);
    attune.give(vector.context);
    attune.page("https://bank.test/", "", "");
    for (const [facet, value] of vector.reserved) attune.reserve(facet, value);
    const { placement, now, limit, force, draw } = vector;
    assert.equal(attune.decide(placement, now, limit, true, force ?? "", draw), vector.decision);
    assert.equal(attune.explain(placement, now, limit, force ?? "", draw), vector.explanation);
  });

test("damaged bundles are refused and leave the old one in charge", () => {
  const vector = vectors.find((one) => one.decision.includes('"matched"'));
  attune.open(Uint8Array.from(vector.profile));
  attune.install(Uint8Array.from(vector.bundle));
  for (let cut = 0; cut < vector.bundle.length; cut += 7)
    assert.equal(attune.install(Uint8Array.from(vector.bundle.slice(0, cut))), 0);
});
