// Two weeks of made-up visitors, so that a fresh demo's reports have something to say. SYNTHETIC: the shares
// below were written by hand, they measure nothing. Left out when the site has events already.
//
//     node history.mjs --url http://127.0.0.1:7400 --site-key KEY [--visitors 700]
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { url: { type: "string" }, "site-key": { type: "string" }, visitors: { type: "string", default: "700" } },
});
if (!values.url || !values["site-key"]) {
  console.error("history: --url and --site-key are needed");
  process.exit(2);
}

// A small generator with a fixed seed: the same visitors every time (mulberry32).
let state = 20261122;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const chance = (share) => random() < share;

const DAY = 86_400_000;
const offers = JSON.parse(await readFile(new URL("offers.json", import.meta.url)));
const items = offers.filter((offer) => offer.category !== "service");
const now = Date.now();
const FIELDS = ["income", "employment", "name", "birth_date", "phone", "email"];

function visitor(number) {
  const device = pick(["mobile", "mobile", "mobile", "desktop", "desktop", "tablet"]);
  const locale = chance(0.7) ? "ko-KR" : "en-GB";
  const source = pick(["", "", "", "search", "search", "newsletter", "partner"]);
  const returns = chance(0.35) ? 2 : 1;
  let at = now - Math.floor(random() ** 1.3 * 14 * DAY) - 2 * 3_600_000;
  const batches = [];
  for (let visit = 0; visit < returns && at < now; visit++) {
    const events = [];
    const add = (name, path, properties = {}) => {
      at += 4_000 + Math.floor(random() * 40_000);
      const url = `https://bank.example${locale.startsWith("ko") ? "/ko" : ""}${path}`;
      events.push({ id: `demo-${number}-${visit}-${events.length}`, name, at, page: { url, title: "", referrer: "" }, properties });
    };
    add("page_viewed", "/");
    const card = pick(items);
    if (chance(0.8)) add("page_viewed", `/cards/category/${card.category}`, { category: card.category });
    const looks = chance(0.72) ? 1 + Math.floor(random() * 3) : 0;
    for (let look = 0; look < looks; look++) {
      const seen = chance(0.7) ? card : pick(items);
      add("page_viewed", `/cards/${seen.id}`, { category: seen.category });
      add("item_viewed", `/cards/${seen.id}`, { item: seen.id, category: seen.category });
    }
    if (looks && chance(device === "mobile" ? 0.3 : 0.42)) {
      add("page_viewed", `/apply/${card.id}`);
      add("form_started", `/apply/${card.id}`, { form: "card-application" });
      const reached = Math.floor(random() * FIELDS.length);
      FIELDS.slice(0, reached + 1).forEach((field, order) =>
        add("form_field_changed", `/apply/${card.id}`, { form: "card-application", field, order: order + 1 }),
      );
      if (chance(device === "mobile" ? 0.34 : 0.55)) add("form_submitted", `/apply/${card.id}`, { form: "card-application" });
      else add("form_abandoned", `/apply/${card.id}`, { form: "card-application", field: FIELDS[reached] });
    }
    batches.push({
      site: values["site-key"],
      visitor: `demo-visitor-${number}`,
      session: `demo-session-${number}-${visit}`,
      sent_at: now,
      consent: { measure: "granted" },
      context: { device, locale, utm_source: source, library: "demo-history" },
      events: events.filter((event) => event.at < now),
    });
    at += DAY + Math.floor(random() * 3 * DAY);
  }
  return batches;
}

let stored = 0;
for (let number = 0; number < Number(values.visitors); number++)
  for (const batch of visitor(number)) {
    const response = await fetch(`${values.url}/v1/batch`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(batch),
    });
    if (!response.ok) throw new Error(`/v1/batch: ${response.status} ${await response.text()}`);
    stored += (await response.json()).events.filter((event) => event.verdict === "ok").length;
  }
console.log(`${stored} synthetic events of ${values.visitors} made-up visitors`);
