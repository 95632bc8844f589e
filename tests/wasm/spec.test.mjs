// The decision specification against the very module that pages load: the same bytes as the native build.
//
// Needs `target/spec-vectors.json` (cargo run -p attune-tests --bin spec-vectors) and `cargo xtask web sdk`.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const target = new URL("../../target/", import.meta.url);
const shipped = new URL("web/sdk/", target);
const wasm = (await readdir(shipped)).find((name) => name.endsWith(".wasm"));
const { initSync, Attune } = await import(new URL("web-stage/sdk/pkg/attune_sdk_wasm.js", target));
initSync({ module: await readFile(new URL(wasm, shipped)) });
const vectors = JSON.parse(await readFile(new URL("spec-vectors.json", target)));

test("there are vectors", () => assert.ok(vectors.length >= 60, `${vectors.length} vectors`));

for (const vector of vectors)
  test(vector.title, () => {
    const attune = new Attune("pk_spec", Uint8Array.from(vector.profile), "", "");
    assert.equal(attune.install(Uint8Array.from(vector.bundle)), true);
    attune.consent(vector.consent);
    for (const [name, value] of Object.entries(vector.context))
      if (typeof value === "string") attune.text(name, value);
      else if (typeof value === "number") attune.number(name, value);
      else attune.flag(name, value);
    attune.page("https://bank.test/", "", "");
    for (const [facet, value] of vector.reserved) attune.reserve(facet, value);
    const asked = [vector.placement, vector.now, vector.limit, vector.force ?? "", vector.draw];
    assert.equal(attune.decide(...asked, true), vector.decision);
    assert.equal(attune.explain(...asked), vector.explanation);
    attune.free();
  });

test("damaged bundles are refused and leave the old one in charge", () => {
  const vector = vectors.find((one) => one.decision.includes('"matched"'));
  const attune = new Attune("pk_spec", Uint8Array.from(vector.profile), "", "");
  attune.install(Uint8Array.from(vector.bundle));
  for (let cut = 0; cut < vector.bundle.length; cut += 7)
    assert.equal(attune.install(Uint8Array.from(vector.bundle.slice(0, cut))), false);
  attune.free();
});
