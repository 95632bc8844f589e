// What is taken out of text on the device: the same as at the collector, and before anything is kept.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { script } from "./shipped.mjs";

const { redact, redactUrl, removed } = await script("lazy/redact.js");
const spec = JSON.parse(await readFile(new URL("../spec/redact.json", import.meta.url), "utf8"));
const cases = [...spec.by_hand, ...spec.drawn];

test("texts become what the collector makes of them", () => {
  assert(cases.length > 400);
  for (const [text, clean, url, counts] of cases) {
    assert.equal(redact(text), clean, `of ${text}`);
    assert.deepEqual(removed(), Object.fromEntries(Object.entries(counts).map(([kind, count]) => ["redacted_" + kind, count])), text);
    assert.equal(redactUrl(text), url, `of the address ${text}`);
    removed();
    assert.equal(redact(clean), clean, "again");
  }
});

const { openWall } = await script("redact.js");
const rules = await script("lazy/redact.js");

test("whatever the rules find makes the page load them, and is in nothing meanwhile", () => {
  for (const [text, clean, url] of cases) {
    let acted = false;
    const wall = openWall(() => new Promise(() => {}));
    const pass = (made) => (acted = [made.text(text), made.url(text), made.counts()]);
    wall.through([text], pass);
    assert.equal(!acted, !acted || clean !== text || url !== text, text);
    if (clean === text && url === text) continue;
    assert(!acted, text);
    wall.flush();
    assert.deepEqual(acted, ["", "", { redacted_unread: 2 }], text);
  }
});

test("ordinary texts load nothing", () => {
  const wall = openWall(() => assert.fail("loaded"));
  const texts = ["https://shop.kr/p/1234?utm_source=naver&q=%EC%B9%B4%EB%93%9C", "카드 비교 | 은행", "12,000원", "2026-11-22, 10:20", "", 42, true, undefined, null];
  let passed;
  wall.through(texts, (clean) => (passed = clean.fields({ ...texts, at: 5 })));
  assert.deepEqual(passed, { ...texts, at: 5 });
});

test("an event waits for the rules, and says how much was taken out of it", async () => {
  let arrive;
  const wall = openWall(() => new Promise((go) => (arrive = () => go(rules))));
  const passed = [];
  const fields = { note: "010-1234-5678", card: 4_111_111_111_111_111, at: 1_700_000_000_000, on: true };
  const page = ["https://a.kr/?token=x", "kim@a.kr", "https://b.kr/"];
  wall.through(Object.values(fields), (clean) => passed.push([clean.page(page), clean.fields(fields), clean.counts()]));
  wall.through(["fine"], (clean) => passed.push([clean.text("fine"), clean.counts()]));
  assert.deepEqual(passed, [["fine", {}]]);
  arrive();
  await new Promise((go) => setTimeout(go));
  assert.deepEqual(passed[1], [
    ["https://a.kr/?token=[token]", "[email]", "https://b.kr/"],
    { note: "[phone]", card: "[card]", at: 1_700_000_000_000, on: true },
    { redacted_token: 1, redacted_email: 1, redacted_phone: 1, redacted_card: 1 },
  ]);
  assert.equal(fields.note, "010-1234-5678", "the page's own object stays as it is");
  wall.through(["kim@a.kr"], (clean) => passed.push(clean.text("kim@a.kr")));
  assert.equal(passed[2], "[email]", "then nothing waits");
});

test("where the rules do not come what could be personal is left out and counted, and the next one asks again", async () => {
  let asked = 0;
  const wall = openWall(() => (asked++, Promise.reject(new Error("blocked"))));
  for (const round of [1, 2]) {
    let passed;
    wall.through(["a", "kim@a.kr"], (clean) => (passed = [clean.fields({ a: "a", b: "kim@a.kr" }), clean.counts()]));
    await new Promise((go) => setTimeout(go));
    assert.deepEqual(passed, [{ a: "a", b: "" }, { redacted_unread: 1 }]);
    assert.equal(asked, round);
  }
});

test("a text at its bound is cut after it was cleaned", async () => {
  const wall = openWall(async () => rules);
  await new Promise((go) => wall.through(["@"], go));
  wall.through([], (clean) => {
    const [url] = clean.page(["https://a.kr/?" + "x".repeat(2_048 - 14 - 11) + "&n=4111111111111111", "", ""]);
    assert(url.endsWith("&n=[card]"), url.slice(-30));
  });
});
