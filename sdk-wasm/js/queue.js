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

// `visit` is what surrounds all events of a page: see `encodeBatch`.
export function openQueue(core, visit) {
  let events = [];
  let learning = false;
  let unseen = 0; // Events at the end that no profile has seen, because there was no bundle yet.
  let dropped = 0;
  const visitor = () => toText(core.who().subarray(1, 17));

  function learn({ name, at, fields }) {
    core.give(fields);
    core.apply(name, at);
  }

  function trim() {
    if (events.length > MOST) dropped += events.splice(0, events.length - MOST).length;
    unseen = Math.min(unseen, events.length);
  }

  return {
    // Address, title and referrer of what comes next.
    page: ["", "", ""],
    // False if it is refused: a name beyond its bounds, or nothing may be done with it.
    record(name, fields, at) {
      const named = /^[^\0-\x1f\x7f]+$/.test(name) && clip(name, NAME_BYTES) === name;
      if (!named || (learning && !core.measures() && !core.personalises())) return false;
      const event = { id: eventId(at), name, at, session: core.touch(at), page: this.page, fields: plain(fields).slice(0, FIELDS) };
      if (learning) learn(event);
      else unseen++;
      // Where measuring is denied it counts on the device and is sent nowhere.
      if (!learning || core.measures()) events.push(event);
      trim();
      return true;
    },
    // There is a bundle: what was recorded before it counts now.
    learn() {
      events.slice(events.length - unseen).forEach(learn);
      learning = true;
      unseen = 0;
    },
    waiting: () => events.length,
    first: (most) => events.slice(0, most),
    batch: (some) => encodeBatch(visit, core.who(), Date.now(), some, dropped),
    // They have arrived, or never will.
    done(some) {
      events = events.filter((event) => !some.includes(event));
      dropped = 0;
    },
    clear() {
      events = [];
      unseen = dropped = 0;
    },
    visitor,
    toText: () => JSON.stringify([visitor(), events]),
    // Puts stored events of this visitor back in front, under their own ids.
    restore(text) {
      const [owner, stored] = JSON.parse(text);
      if (owner !== visitor()) return;
      events = stored.concat(events);
      trim();
    },
  };
}
