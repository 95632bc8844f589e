// What consent strings say: the framework's own example, strings that the IAB's own library writes, and everything
// that is not one.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as iab from "@iabtcf/core";
import { script } from "./shipped.mjs";

globalThis.navigator ??= {}; // Not in every Node.

const { answersOf, readTcString } = await script("lazy/tcf.js");
const { consents } = await script("consent.js");
const shared = new URL("../../../shared/data/consent_strings/vectors.json", import.meta.url);

test("public examples and malformed strings", async (t) => {
  const text = await readFile(shared, "utf8").catch(() => null);
  if (!text) return t.skip("../shared/data/consent_strings IS NOT THERE: its strings were not read");
  const vectors = JSON.parse(text);
  assert(vectors.length >= 5);
  for (const { tc_string, core, error } of vectors) {
    const read = readTcString(tc_string);
    if (error) assert.equal(read, null, tc_string);
    else assert.deepEqual(Object.fromEntries(Object.keys(core).map((name) => [name, read[name]])), core);
  }
});

// The library wants a vendor list: one in which everybody asks for everything.
const entries = (count, make) => Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, make(index + 1)]));
const list = {
  gvlSpecificationVersion: 3,
  vendorListVersion: 15,
  tcfPolicyVersion: 5,
  lastUpdated: "2026-01-01T00:00:00Z",
  purposes: entries(11, (id) => ({ id, name: `purpose ${id}` })),
  specialPurposes: {},
  features: {},
  specialFeatures: entries(2, (id) => ({ id, name: `feature ${id}` })),
  stacks: {},
  dataCategories: {},
  vendors: entries(1_500, (id) => ({
    id,
    name: `vendor ${id}`,
    purposes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    legIntPurposes: [2, 7, 8, 9, 10],
    flexiblePurposes: [8],
    specialPurposes: [],
    features: [],
    specialFeatures: [1, 2],
  })),
};
const model = () => Object.assign(new iab.TCModel(new iab.GVL(list)), { cmpId: 10, cmpVersion: 1 });
const encode = (written, segment) => iab.TCString.encode(written, { segments: [segment], version: 2 });

// Draws that are the same every time.
function draws(seed) {
  return (below) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
}

test("strings that the IAB's library writes, in any order of their segments", () => {
  const draw = draws(7);
  const some = (most, highest) => [...new Set(Array.from({ length: draw(most) }, () => 1 + draw(highest)))].sort((a, b) => a - b);
  for (let round = 0; round < 300; round++) {
    const written = model();
    const wanted = {
      cmp_id: 2 + draw(4_000),
      purpose_consents: some(12, 11),
      purpose_legitimate_interests: some(6, 11).filter((id) => id > 1),
      special_feature_opt_ins: some(3, 2),
      vendor_consents: some(round % 2 ? 8 : 200, 1_500),
      vendor_legitimate_interests: some(8, 900),
      disclosed: some(30, 1_500),
    };
    written.cmpId = wanted.cmp_id;
    written.publisherCountryCode = "KR";
    written.isServiceSpecific = round % 3 > 0;
    written.purposeConsents.set(wanted.purpose_consents);
    written.purposeLegitimateInterests.set(wanted.purpose_legitimate_interests);
    written.specialFeatureOptins.set(wanted.special_feature_opt_ins);
    written.vendorConsents.set(wanted.vendor_consents);
    written.vendorLegitimateInterests.set(wanted.vendor_legitimate_interests);
    written.vendorsDisclosed.set(wanted.disclosed);
    written.publisherConsents.set(wanted.purpose_consents);
    const segments = [iab.Segment.CORE, iab.Segment.VENDORS_DISCLOSED, iab.Segment.PUBLISHER_TC];
    const [core, ...others] = segments.map((segment) => encode(written, segment));
    if (round % 2) others.reverse();
    // A kind of segment that does not exist yet.
    const read = readTcString([core, ...others, "4AAA"].join("."));
    for (const name of ["cmp_id", "purpose_consents", "purpose_legitimate_interests", "special_feature_opt_ins", "vendor_consents", "vendor_legitimate_interests"])
      assert.deepEqual(read[name], wanted[name], name);
    assert.equal(read.publisher_cc, "KR");
    const disclosed = [];
    iab.TCString.decode([core, ...others].join(".")).vendorsDisclosed.forEach((has, id) => has && disclosed.push(id));
    assert.deepEqual(read.disclosed_vendors, disclosed);
    assert.deepEqual(read.publisher.purpose_consents, wanted.purpose_consents);
    for (const cut of [1, 7, 20, core.length - 6]) assert.equal(readTcString(core.slice(0, cut)), null, `cut at ${cut}`);
  }
});

test("a string answers for three purposes, and for one vendor where the site is one", () => {
  const write = (purposes, vendors) => {
    const written = model();
    written.purposeConsents.set(purposes);
    written.vendorConsents.set(vendors);
    return encode(written, iab.Segment.CORE);
  };
  assert.deepEqual(answersOf(write([1, 8], [])), { measure: true, personalise: false, share: false });
  assert.deepEqual(answersOf(write([1, 4, 5, 6, 8], []), 0), { measure: true, personalise: true, share: true });
  assert.deepEqual(answersOf(write([5, 6, 8], [])), { measure: false, personalise: false, share: false });
  assert.equal(answersOf(write([1, 8], [7]), 7).measure, true);
  assert.equal(answersOf(write([1, 8], [7]), 8).measure, false);
  for (const text of ["", "nonsense", "CAAA", "💳"]) assert.deepEqual(answersOf(text), { measure: false, personalise: false, share: false });
});

// The segment of disclosed vendors, of whom the library always takes the whole list: kind, highest id, a bit for each.
const disclosing = (ids) => {
  const highest = Math.max(0, ...ids);
  const bits = [(1).toString(2).padStart(3, "0"), highest.toString(2).padStart(16, "0"), "0", ...Array.from({ length: highest }, (_, index) => +ids.includes(index + 1))];
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return bits.join("").match(/.{1,6}/g).map((six) => alphabet[parseInt(six.padEnd(6, "0"), 2)]).join("");
};

test("a vendor that was not disclosed, or that the publisher restricts, may less", () => {
  const write = (type, disclosed) => {
    const written = model();
    written.purposeConsents.set([1, 4, 5, 6, 8]);
    written.vendorConsents.set([7, 8]);
    if (type !== undefined) written.publisherRestrictions.add(7, Object.assign(new iab.PurposeRestriction(), { purposeId: 8, restrictionType: type }));
    return `${encode(written, iab.Segment.CORE)}.${disclosing(disclosed)}`;
  };
  const { NOT_ALLOWED, REQUIRE_CONSENT, REQUIRE_LI } = iab.RestrictionType;
  const all = { measure: true, personalise: true, share: true };
  for (const [type, measure] of [[undefined, true], [NOT_ALLOWED, false], [REQUIRE_CONSENT, true], [REQUIRE_LI, false]]) {
    assert.deepEqual(answersOf(write(type, [7, 8]), 7), { ...all, measure }, `restriction ${type}`);
    assert.deepEqual(answersOf(write(type, [7, 8]), 8), all, "of another vendor");
    assert.deepEqual(answersOf(write(type, [7, 8])), all, "of a site that is none");
  }
  assert.deepEqual(answersOf(write(undefined, [8]), 7), { measure: false, personalise: false, share: false });
  assert.deepEqual(answersOf(write(undefined, []), 7), all, "before 2.3 nobody was told who was shown");
});

test("answers: unknown is what the site presumes, and Global Privacy Control forbids sharing", () => {
  const kept = new Map();
  const store = { text: (name) => kept.get(name) ?? "", setText: (name, text) => kept.set(name, text), watch() {} };
  let changes = 0;
  const consent = consents(store, false, () => changes++);
  assert.deepEqual([consent.measures(), consent.personalises(), consent.bits(), consent.undecided()], [false, false, 0, true]);
  consent.presume([true, false]);
  assert.deepEqual([consent.measures(), consent.personalises(), consent.undecided()], [true, false, false]);
  consent.set({ measure: "denied", personalise: true, share: "granted", other: true });
  assert.deepEqual([consent.measures(), consent.personalises(), consent.bits(), consent.undecided()], [false, true, 0b101001, false]);
  Object.defineProperty(globalThis.navigator, "globalPrivacyControl", { value: true, configurable: true });
  assert.equal(consent.bits(), 0b011001);
  delete globalThis.navigator.globalPrivacyControl;
  for (const value of ["yes", 1, null, undefined]) consent.set({ measure: value });
  assert.equal(consent.measures(), false, "only an answer is one");
  assert.deepEqual(consents(store, false, () => {}).get(), { measure: false, personalise: true, share: true });
  assert.equal(changes, 5);

  // Where somebody else asks nothing is presumed, unless that does not apply here.
  const asked = consents({ ...store, text: () => "" }, "tcf", () => changes++);
  asked.presume([true, true]);
  assert.deepEqual([asked.measures(), asked.undecided()], [false, true]);
  asked.notAsked();
  assert.equal(asked.measures(), true);
});
