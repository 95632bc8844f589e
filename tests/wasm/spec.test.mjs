// The decision specification against the very module that pages load: the same bytes as the native build.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate, vectors } from "./shipped.mjs";

const attune = await instantiate("attune");
// What explains is another module: pages load it when somebody asks.
const explainer = await instantiate("explain");

test("there are vectors", () => assert.ok(vectors.length >= 60, `${vectors.length} vectors`));

for (const vector of vectors)
  test(vector.title, () => {
    attune.open(Uint8Array.from(vector.profile));
    assert.equal(attune.install(Uint8Array.from(vector.bundle)), 1);
    attune.consent(vector.consent);
    attune.give(Object.entries(vector.context));
    attune.page();
    for (const [facet, value] of vector.reserved) attune.reserve(facet, value);
    const { placement, now, limit, force, draw } = vector;
    assert.equal(attune.decide(placement, now, limit, true, force ?? "", draw), vector.decision);
    explainer.open(attune.profile());
    explainer.install(Uint8Array.from(vector.bundle));
    const question = attune.question(placement, now, limit, force ?? "", draw);
    assert.equal(explainer.explain(question), vector.explanation);
  });

test("damaged bundles are refused and leave the old one in charge", () => {
  const vector = vectors.find((one) => one.decision.includes('"matched"'));
  attune.open(Uint8Array.from(vector.profile));
  attune.install(Uint8Array.from(vector.bundle));
  for (let cut = 0; cut < vector.bundle.length; cut += 7)
    assert.equal(attune.install(Uint8Array.from(vector.bundle.slice(0, cut))), 0);
});
