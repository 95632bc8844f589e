// Events between a page and the collector: what is kept, what is learnt, and what a batch's bytes are.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { instantiate, load, script, vectors } from "./shipped.mjs";

const { openDecider } = await script("decider.js");
const { coreOf, plainly } = await script("lazy/vault.js");
const { openQueue, plain } = await script("queue.js");
const { openWho } = await script("who.js");
const { readTerms } = await script("bundle.js");
const { encodeBatch } = await script("batch.js");
const { toBytes } = await script("bytes.js");

const GRANTED = 0b101010;
const bundle = Uint8Array.from(vectors.find((vector) => vector.decision.includes('"matched"')).bundle);
const visit = { site: "pk_demo", texts: ["mobile", "ko-KR", "", "", "", "attune-web/0"], screen: [390, 844], offset: 540 };

// What localStorage does, without a browser; two pages of one visitor share it.
const storage = () => {
  const texts = new Map();
  return {
    text: (name) => texts.get(name) ?? "",
    setText: (name, text) => (text ? texts.set(name, text) : texts.delete(name)),
    names: () => [...texts.keys()],
    watch() {},
  };
};

// A page of a visitor who allows everything, or what `bits` say; `settled` if there is a bundle.
async function open(settled, { store = storage(), may = [true, true] } = {}) {
  const consent = { measures: () => may[0], personalises: () => may[1], bits: () => GRANTED };
  const who = openWho(store);
  const decider = openDecider(store, who, consent, () => load("attune"), async () => ({ coreOf, vault: plainly }));
  const queue = openQueue(visit, who, consent, decider.learn, () => ({ level: 5 }));
  const settle = () => {
    decider.install(bundle);
    queue.settle(1_800_000);
  };
  if (settled) settle();
  const save = () => (who.save(true), decider.save());
  return { decider, queue, settle, save, store, who, may };
}

const learnt = (core) => new TextDecoder("latin1").decode(core.profile()).split("page_viewed").length - 1;
const toLatin = (number) => Buffer.from(number.toString(16).padStart(32, "0"), "hex").toString("latin1");
const hex = (text) => Buffer.from(toBytes(text)).toString("hex");
// How often the profile counted it.
const total = (core) => {
  const bytes = core.profile();
  const at = Buffer.from(bytes).indexOf("page_viewed");
  return at < 0 ? 0 : bytes[at + "page_viewed".length + 1];
};

test("events before the bundle count once it arrives, and once", async () => {
  const { decider, queue, settle } = await open(false);
  assert(queue.record("page_viewed", {}, 5));
  settle();
  const core = await decider.load();
  assert.equal(total(core), 1);
  settle();
  assert.equal(total(core), 1, "a refreshed bundle counts nothing twice");
});

test("what is recorded where nothing is decided is learnt by the page that decides", async () => {
  const store = storage();
  for (let page = 0; page < 3; page++) {
    const { queue, save } = await open(true, { store });
    for (let event = 0; event < 4; event++) queue.record("page_viewed", {}, 1_000 * page + event);
    await save();
  }
  assert.equal(store.text("profile"), "");
  const { decider, queue, save } = await open(true, { store });
  queue.record("page_viewed", {}, 9_000);
  const core = await decider.load();
  assert.equal(total(core), 13);
  await save();
  const next = await open(true, { store });
  assert.equal(total(await next.decider.load()), 13, "nothing is learnt twice");
});

test("so much is kept for the profile that it is loaded to learn it", async () => {
  const { decider, queue, save } = await open(true);
  for (let at = 0; at < 199; at++) queue.record("page_viewed", {}, at);
  assert.equal(decider.core(), null);
  queue.record("page_viewed", {}, 199);
  save();
  for (let wait = 0; !decider.core() && wait < 500; wait++) await new Promise((go) => setTimeout(go, 10));
  assert.equal(learnt(decider.core()), 1);
});

test("refused measuring sends nothing and still personalises; refused both records nothing", async () => {
  const { decider, queue, may } = await open(true, { may: [false, true] });
  assert(queue.record("page_viewed", {}, 5));
  assert.equal(queue.waiting(), 0);
  assert.equal(total(await decider.load()), 1);
  may[1] = false;
  assert(!queue.record("page_viewed", {}, 6));
  decider.changed();
  assert.equal(total(decider.core()), 0, "what was learnt is gone");
});

test("a session ends after its timeout and goes on in another tab", async () => {
  const store = storage();
  const [one, other] = [await open(true, { store }), await open(true, { store })];
  const first = one.who.session(1_000, 100);
  one.who.save(true);
  assert.equal(one.who.session(1_099, 100), first);
  one.who.save(true);
  assert.equal(other.who.session(1_150, 100), first, "the other tab goes on with it");
  assert.notEqual(one.who.session(1_300, 100), first);
  assert.notEqual(other.who.reset().visitor, one.who.visitor());
});

test("terms are read from a bundle as the core reads them", async () => {
  const core = await instantiate("models");
  for (const vector of vectors) {
    const { presumed, timeout } = readTerms(Uint8Array.from(vector.bundle));
    core.open(Uint8Array.from(vector.profile));
    core.install(Uint8Array.from(vector.bundle));
    core.consent(0);
    const { reason } = JSON.parse(core.decide(vector.placement, vector.now, 1, true));
    if (!["paused", "unknown_placement"].includes(reason)) assert.equal(reason === "no_consent", !presumed[1], vector.title);
    assert.equal(timeout, 1_800_000);
  }
});

test("stored events come back under their ids and the queue is bounded", async () => {
  const store = storage();
  const now = Date.now();
  const { queue, save } = await open(true, { store });
  for (let at = 0; at < 5; at++) queue.record("page_viewed", {}, now + at);
  await save();
  const stored = queue.toText();
  const other = await open(true);
  other.queue.restore(stored);
  assert.equal(other.queue.waiting(), 0, "another visitor's");
  const again = await open(true, { store });
  again.queue.record("page_viewed", {}, now + 10);
  again.queue.restore(stored);
  assert.equal(again.queue.waiting(), 6);
  assert.equal(again.queue.first(1)[0].id, queue.first(1)[0].id);
  for (let at = 0; at < 2_000; at++) again.queue.record("page_viewed", {}, now + at);
  assert.equal(again.queue.waiting(), 1_000);
  const tail = "\x01\x0aqueue_full" + String.fromCharCode(0x80 | (1_006 & 127), 1_006 >> 7);
  assert(Buffer.from(again.queue.batch(again.queue.first(10))).toString("latin1").endsWith(tail));
});

test("what was sent is taken out once, whatever came meanwhile", async () => {
  const { queue } = await open(true);
  queue.record("a", {}, 1);
  const sent = queue.first(9);
  queue.record("b", {}, 2);
  queue.done(sent);
  queue.done(sent);
  assert.deepEqual(queue.first(9).map((event) => event.name), ["b"]);
});

test("names and values keep their bounds", async () => {
  const { queue } = await open(true);
  for (const name of ["", "tab\there", "é".repeat(33)]) assert(!queue.record(name, {}, 1), name);
  assert(queue.record("é".repeat(32), {}, 1));
  const given = { z: 1, b: true, n: NaN, o: {}, u: undefined, e: "", ["x".repeat(65)]: 1, t: "가".repeat(400), "": 1 };
  assert.deepEqual(plain(given), [["b", true], ["t", "가".repeat(341)], ["z", 1]]);
  queue.record("many", Object.fromEntries(Array.from({ length: 40 }, (_, n) => ["p" + n, n])), 2);
  assert.equal(queue.first(2)[1].fields.length, 32);
});

test("ids are UUIDs of their version and sort by time", async () => {
  const { who, queue } = await open(true);
  for (const at of [1_767_225_600_000, 1_767_225_600_001]) queue.record("a", {}, at);
  const [one, other] = queue.first(2).map((event) => hex(event.id));
  assert.equal(Number.parseInt(one.slice(0, 12), 16), 1_767_225_600_000);
  assert(one < other);
  assert.equal(one[12], "7");
  assert.match(one[16], /[89ab]/);
  const visitor = hex(who.visitor());
  assert.equal(visitor[12], "4");
  assert.match(visitor[16], /[89ab]/);
});

test("a batch has the bytes of the Rust encoder", async () => {
  // The same batch as in tests/tests/batch.rs.
  const golden = (await readFile(new URL("../spec/batch.hex", import.meta.url), "utf8")).replace(/\s/g, "");
  const id = (n, time = 0) => toLatin((BigInt(time) << 80n) | BigInt(n));
  const page = ["https://bank.test/cards", "카드", ""];
  const fields = plain({ category: "travel", depth: -0.5, member: true, again: "travel", long: "x".repeat(200), zero: -0, off: false });
  const at = 1_700_000_000_000;
  const events = [
    { id: id(1, at), name: "page_viewed", at, session: id(7), page, fields },
    { id: id(2, at + 90_000), name: "page_viewed", at: at + 90_000, session: id(7), page, fields: [] },
    { id: id(3, at - 5), name: "item_viewed", at: at - 5, session: id(8), page: ["", "", ""], fields },
  ];
  const who = Uint8Array.from([GRANTED, ...toBytes(id(42)), ...Buffer.from("cust_1")]);
  assert.equal(Buffer.from(encodeBatch(visit, who, at + 100_000, events, 1_006)).toString("hex"), golden);
  assert.notEqual(Buffer.from(encodeBatch(visit, who.subarray(0, 17), at, [], 0)).toString("hex"), golden);
});
