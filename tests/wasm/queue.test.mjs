// Events between a page and the collector: what is kept, what is learnt, and what a batch's bytes are.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { instantiate, script, vectors } from "./shipped.mjs";

const { openQueue, plain } = await script("queue.js");
const { encodeBatch } = await script("batch.js");
const { toBytes } = await script("bytes.js");

const GRANTED = 0b101010;
const bundle = Uint8Array.from(vectors.find((vector) => vector.decision.includes('"matched"')).bundle);
const visit = { site: "pk_demo", texts: ["mobile", "ko-KR", "", "", "", "attune-web/0"], screen: [390, 844], offset: 540 };

// A page of a visitor who allows everything; `learning` if there is a bundle.
async function open(learning, profile = new Uint8Array()) {
  const core = await instantiate("attune");
  core.open(profile);
  core.consent(GRANTED);
  const queue = openQueue(core, visit);
  const install = () => {
    assert.equal(core.install(bundle), 1);
    queue.learn();
  };
  if (learning) install();
  return { core, queue, install };
}

const learnt = (core) => new TextDecoder("latin1").decode(core.profile()).split("page_viewed").length - 1;
const hex = (text) => Buffer.from(toBytes(text)).toString("hex");

test("events before the bundle count once it arrives", async () => {
  const { core, queue, install } = await open(false);
  assert(queue.record("page_viewed", {}, 5));
  assert.equal(learnt(core), 0);
  install();
  assert.equal(learnt(core), 1);
  const profile = core.profile();
  install();
  assert.deepEqual(core.profile(), profile, "a refreshed bundle counts nothing twice");
});

test("refused measuring sends nothing and still personalises", async () => {
  const { core, queue } = await open(true);
  core.consent(GRANTED ^ 0b11);
  assert(queue.record("page_viewed", {}, 5));
  assert.equal(queue.waiting(), 0);
  assert.equal(learnt(core), 1);
  core.consent(0b0101);
  assert(!queue.record("page_viewed", {}, 6));
});

test("stored events come back under their ids and the queue is bounded", async () => {
  const { core, queue } = await open(true);
  for (let at = 0; at < 5; at++) queue.record("page_viewed", {}, at);
  const stored = queue.toText();
  const other = await open(true);
  other.queue.restore(stored);
  assert.equal(other.queue.waiting(), 0, "another visitor's");
  const again = await open(true, core.profile());
  again.queue.record("page_viewed", {}, 10);
  again.queue.restore(stored);
  assert.equal(again.queue.waiting(), 6);
  assert.equal(again.queue.first(1)[0].id, queue.first(1)[0].id);
  for (let at = 0; at < 2_000; at++) again.queue.record("page_viewed", {}, at);
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
  const { core, queue } = await open(true);
  for (const at of [1_767_225_600_000, 1_767_225_600_001]) queue.record("a", {}, at);
  const [one, other] = queue.first(2).map((event) => hex(event.id));
  assert.equal(Number.parseInt(one.slice(0, 12), 16), 1_767_225_600_000);
  assert(one < other);
  assert.equal(one[12], "7");
  assert.match(one[16], /[89ab]/);
  const visitor = Buffer.from(core.who().subarray(1, 17)).toString("hex");
  assert.equal(visitor[12], "4");
  assert.match(visitor[16], /[89ab]/);
});

test("a batch has the bytes of the Rust encoder", async () => {
  // The same batch as in tests/tests/batch.rs.
  const golden = (await readFile(new URL("../spec/batch.hex", import.meta.url), "utf8")).replace(/\s/g, "");
  const id = (n) => "\0".repeat(15) + String.fromCharCode(n);
  const page = ["https://bank.test/cards", "카드", ""];
  const fields = plain({ category: "travel", depth: -0.5, member: true, again: "travel", long: "x".repeat(200), zero: -0, off: false });
  const at = 1_700_000_000_000;
  const events = [
    { id: id(1), name: "page_viewed", at, session: id(7), page, fields },
    { id: id(2), name: "page_viewed", at: at + 90_000, session: id(7), page, fields: [] },
    { id: id(3), name: "item_viewed", at: at - 5, session: id(8), page: ["", "", ""], fields },
  ];
  const who = Uint8Array.from([GRANTED, ...toBytes(id(42)), ...Buffer.from("cust_1")]);
  assert.equal(Buffer.from(encodeBatch(visit, who, at + 100_000, events, 1_006)).toString("hex"), golden);
  assert.notEqual(Buffer.from(encodeBatch(visit, who.subarray(0, 17), at, [], 0)).toString("hex"), golden);
});
