// Events: the profile learns from them at once, the collector is told later. Sizes are those of schema/src/limits.rs.

import { clip, encodeBatch } from "./batch.js";
import { toText, uuid } from "./bytes.js";

const MOST = 1_000; // Kept until they can be sent; beyond, the oldest go and are counted.
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
// happens before the visitor has answered waits in memory for the answer.
export function openQueue(visit, who, consent, learn, hold) {
  let events = [];
  let settled = false;
  let timeout = 1_800_000;
  let unseen = []; // Recorded before the bundle said what is allowed.
  let dropped = 0;

  const kept = () => consent.measures() || (hold && consent.undecided());

  function trim() {
    if (events.length > MOST) dropped += events.splice(0, events.length - MOST).length;
    unseen = unseen.slice(-MOST);
  }

  return {
    // Address, title and referrer of what comes next, as they are.
    page: ["", "", ""],
    // False if it is refused: a name beyond its bounds, or nothing may be done with it.
    // `page` and `fields` hold nothing personal any more: see redact.js.
    record(name, fields, at, page = this.page) {
      const named = /^[^\0-\x1f\x7f]+$/.test(name) && clip(name, NAME_BYTES) === name;
      if (!named || (settled && !kept() && !consent.personalises())) return false;
      const event = { id: eventId(at), name, at, session: who.session(at, timeout), page, fields: plain(fields).slice(0, FIELDS) };
      if (settled) learn(event);
      else unseen.push(event);
      // Where measuring is denied it counts on the device and is sent nowhere.
      if (!settled || kept()) events.push(event);
      trim();
      return true;
    },
    // There is a bundle: what was recorded before it counts now, or never.
    settle(sessionTimeout) {
      timeout = sessionTimeout;
      if (!settled) unseen.forEach(learn);
      settled = true;
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
      const gone = new Set(some);
      events = events.filter((event) => !gone.has(event));
      dropped = 0;
    },
    clear() {
      events = [];
      unseen = [];
      dropped = 0;
    },
    toText: () => JSON.stringify([who.visitor(), events]),
    // Puts stored events of this visitor back in front, under their own ids.
    restore(text) {
      const [owner, stored] = JSON.parse(text);
      if (owner !== who.visitor()) return;
      events = stored.concat(events);
      trim();
    },
  };
}
