// Events: the profile learns from them at once, the collector is told later. Sizes are those of schema/src/limits.rs.

import { clip, encodeBatch } from "./batch.js";
import { toText, uuid } from "./bytes.js";
import { needed } from "./level.js";

const MOST = 1_000; // Kept until they can be sent; beyond, the oldest go and are counted.
const MOST_TEXT = 500_000; // Characters of a tab's stored events, of some five million that browsers give a site.
const OLDEST_MS = 30 * 86_400_000; // The collector takes none that is older.
const FIELDS = 32;
const NAME_BYTES = 64;
const TEXT_BYTES = 1_024;

const isPlain = (value) => value === !!value || Number.isFinite(value) || (typeof value === "string" && !!value);

// Plain values sorted by name; anything else is left out.
export function plain(fields) {
  const kept = [];
  for (const name of Object.keys(fields || {}).sort()) {
    const value = fields[name];
    if (name && clip(name, NAME_BYTES) === name && isPlain(value))
      kept.push([name, typeof value === "string" ? clip(value, TEXT_BYTES) : value]);
  }
  return kept;
}

// Version 7 sorts by time.
function eventId(at) {
  const id = uuid(7);
  for (let index = 5; index >= 0; index--) {
    id[index] = at; // Its low byte.
    at = Math.floor(at / 256);
  }
  return toText(id);
}

// `visit` is what surrounds all events of a page: see `encodeBatch`. What is recorded is also learnt. With `hold`, what
// happens before the visitor has answered waits in memory for the answer. `levelAt` says how much may be captured where.
export function openQueue(visit, who, consent, learn, levelAt, hold) {
  let events = [];
  let open = false; // Whether it is known how much may be captured.
  let settled = false; // There is a bundle.
  let timeout = 1_800_000;
  let unseen = []; // What waits for the bundle to say what is allowed: when called, it enters or not.
  let dropped = 0;

  const kept = () => consent.measures() || (hold && consent.undecided());

  function trim() {
    if (events.length > MOST) dropped += events.splice(0, events.length - MOST).length;
    unseen = unseen.slice(-MOST);
  }

  return {
    // Address, title and referrer of what comes next, as they are.
    page: ["", "", ""],
    // False if it is refused: a name beyond its bounds, more than may be captured at `place`, or nothing may be done with
    // it. `page`, `fields` and `detail` (what the site declares) hold nothing personal any more: see redact.js.
    record(name, fields, at, page = this.page, detail, place) {
      const named = /^[^\0-\x1f\x7f]+$/.test(name) && clip(name, NAME_BYTES) === name;
      if (!named || (settled && !kept() && !consent.personalises())) return false;
      let event = null;
      const enter = () => {
        const { level } = levelAt(place);
        if (level < needed(name)) return false;
        const all = plain(level > 4 ? { ...detail, ...fields } : fields).slice(0, FIELDS);
        event = event || { id: eventId(at), name, at, session: who.session(at, timeout), page };
        event.fields = all;
        if (settled) learn(event);
        // Where measuring is denied it counts on the device and is sent nowhere.
        if (!event.gone && (!settled || kept())) events.push(event);
        return true;
      };
      if (!settled) unseen.push(enter);
      const entered = !open || enter();
      trim();
      return entered;
    },
    // There is no bundle, and none will come soon: what may be captured without.
    open() {
      if (open) return;
      open = true;
      for (const enter of unseen) enter();
    },
    // There is a bundle: what was recorded before it counts now, or never.
    settle(sessionTimeout) {
      timeout = sessionTimeout;
      open = settled = true;
      events = [];
      for (const enter of unseen) enter();
      unseen = [];
      this.answered();
    },
    // The visitor said something: what may not be kept goes.
    answered() {
      if (!kept()) this.clear();
    },
    waiting: () => events.length,
    first: (most) => events.slice(0, most),
    batch: (some) => encodeBatch(visit, who.bytes(consent.bits()), Date.now(), some, dropped),
    // They have arrived, or never will.
    done(some) {
      for (const event of some) event.gone = true;
      events = events.filter((event) => !event.gone);
      dropped = 0;
    },
    clear() {
      events = [];
      unseen = [];
      dropped = 0;
    },
    // What is stored: all, or the newest that fit.
    toText() {
      for (let some = events; ; some = some.slice(Math.ceil(some.length / 4))) {
        const text = JSON.stringify([who.visitor(), some]);
        if (text.length <= MOST_TEXT || !some.length) return text;
      }
    },
    // Puts stored events of this visitor back in front, under their own ids.
    restore(text) {
      const [owner, stored] = JSON.parse(text);
      if (owner !== who.visitor()) return;
      const fresh = stored.filter(({ at }) => Date.now() - at < OLDEST_MS);
      dropped += stored.length - fresh.length;
      events = fresh.concat(events);
      trim();
    },
  };
}
