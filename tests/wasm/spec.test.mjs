// The decision specification against the very module that pages load: the same bytes as the native build.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate, vectors } from "./shipped.mjs";

const attune = await instantiate("attune");
// What scores models is another one, which pages load whose bundle holds one.
const models = await instantiate("models");
const hasModels = ({ bundle }) => bundle[3] > 1;
// What explains is another module: pages load it when somebody asks.
const explainer = await instantiate("explain");

test("there are vectors", () => assert.ok(vectors.length >= 60, `${vectors.length} vectors`));

for (const vector of vectors)
  for (const module of hasModels(vector) ? [models] : [attune, models])
    test(vector.title + (module === attune ? "" : ", where models are scored"), () => {
      module.open(Uint8Array.from(vector.profile));
      assert.equal(module.install(Uint8Array.from(vector.bundle)), 1);
      module.consent(vector.consent);
      module.give(Object.entries(vector.context));
      module.page();
      for (const [facet, value] of vector.reserved) module.reserve(facet, value);
      const { placement, now, limit, force, draw } = vector;
      assert.equal(module.decide(placement, now, limit, true, force ?? "", draw), vector.decision);
      explainer.open(module.profile());
      explainer.install(Uint8Array.from(vector.bundle));
      const question = module.question(placement, now, limit, force ?? "", draw);
      assert.equal(explainer.explain(question), vector.explanation);
    });

test("a bundle with models is none to the module that does not score them", () => {
  const plain = vectors.find((one) => !hasModels(one));
  assert.equal(attune.install(Uint8Array.from(plain.bundle)), 1);
  const others = vectors.filter(hasModels);
  assert.ok(others.length >= 14, `${others.length} vectors with models`);
  for (const { bundle } of others) assert.equal(attune.install(Uint8Array.from(bundle)), 0);
});

test("damaged bundles are refused and leave the old one in charge", () => {
  for (const [module, wanted] of [[attune, false], [models, true]]) {
    const vector = vectors.find((one) => hasModels(one) === wanted && one.decision.includes('"matched"'));
    module.open(Uint8Array.from(vector.profile));
    module.install(Uint8Array.from(vector.bundle));
    for (let cut = 0; cut < vector.bundle.length; cut += 7)
      assert.equal(module.install(Uint8Array.from(vector.bundle.slice(0, cut))), 0);
  }
});

test("what separates texts cannot be smuggled in by one", () => {
  const { profile, bundle } = vectors[0];
  const known = (fields) => {
    attune.open(Uint8Array.from(profile));
    attune.install(Uint8Array.from(bundle));
    attune.consent(0b101010);
    attune.give(Object.entries(fields));
    attune.traits();
    return attune.profile();
  };
  assert.deepEqual(known({ "na\0me": "x\0tier\0tgold", age: 31.5, new: true }), known({ name: "xtiertgold", age: 31.5, new: true }));
  assert.notDeepEqual(known({ age: 31.5 }), known({ age: 31 }));
  assert.deepEqual(known({ age: NaN, name: "" }), known({ name: "" }));
});
