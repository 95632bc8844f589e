// The Wasm core: texts and bytes go through its memory, everything else is a number.

import { decoder, encoder, toText } from "./bytes.js";

// Wraps the exports of an instance. Operations have the numbers of `Page::call` in src/lib.rs; texts are
// separated by NUL.
export function coreOf({ memory, room, call, answer }) {
  let known = new Uint8Array(0);
  // All memory; a view of it is empty once the memory has grown.
  const all = () => (known.length ? known : (known = new Uint8Array(memory.buffer)));
  const ask = (operation, input, ...numbers) => {
    const bytes = typeof input === "string" ? encoder.encode(input) : input;
    const start = room(bytes.length);
    all().set(bytes, start);
    return call(operation, ...numbers);
  };
  // As long as nothing else is asked.
  const seen = (...question) => {
    const length = ask(...question);
    const start = answer();
    return all().subarray(start, start + length);
  };
  const bytes = (...question) => seen(...question).slice();
  const text = (...question) => decoder.decode(seen(...question));
  const clean = (text) => text.replaceAll("\0", "");

  return {
    // One visitor; `profile` is what was stored, or empty for a new one.
    open: (profile) => ask(0, profile),
    // Values by name for the next `page`, `apply` or `traits`: names, each with `t` and a text or with what it is.
    give(fields) {
      let texts = "";
      for (const [name, value] of fields) {
        const kind = typeof value;
        if (kind !== "string") call(2, value);
        texts += clean(name) + "\0" + (kind === "string" ? clean("t" + value) : kind) + "\0";
      }
      ask(1, texts);
    },
    // Another page: values become the context of its decisions.
    page: () => ask(4, ""),
    // Installs the payload of a verified bundle; false if it does not read (the old one stays).
    install: (payload) => ask(5, payload),
    // Two bits a purpose: 0 unknown, 1 denied, 2 granted.
    consent: (bits) => ask(6, "", bits),
    // Values become attributes.
    traits: () => ask(7, ""),
    // Text of the visitor's bytes.
    visitor: () => toText(bytes(8, "")),
    // Activity in the session with these 16 bytes.
    touch: (session, at) => ask(9, session, at),
    // What an event adds to the profile, where that is allowed.
    apply: (name, at) => ask(10, name, at),
    identify: (user) => ask(11, user),
    // Behaviour and attributes go, the visitor stays.
    erase: () => ask(12, ""),
    // Another visitor, by 16 bytes.
    reset: (visitor) => ask(13, visitor),
    // Canonical JSON, empty without a bundle; to peek reserves nothing.
    decide: (placement, now, limit, peek, force = "", draw = 0) => text(14, placement + "\0" + force, now, limit, draw, peek),
    // What would be decided now, for `explain` of another instance that has the same profile and bundle.
    question: (placement, now, limit, force = "", draw = 0) => bytes(15, placement + "\0" + force, now, limit, draw),
    // What pages show, as JSON: see `words` in schema/src/bundle.rs.
    words: () => text(16, ""),
    // Counts a decision made elsewhere against caps until exposed or released.
    reserve: (facet, value) => ask(17, facet + "\0" + value),
    release: () => ask(18, ""),
    // Every step of a decision, as canonical JSON; only the module that is loaded for it can.
    explain: (question) => text(19, question),
    // The language in which explanations are told from now on; data if empty.
    tellIn: (language) => ask(24, language),
    profile: () => bytes(20, ""),
    // Takes over a profile that another tab stored.
    adopt: (profile) => ask(21, profile),
    // Values count as attributes until then, and are not kept.
    lend: (until) => ask(22, "", until),
    // The profile with what is lent, as the last decision or question saw it.
    seen: () => bytes(23, ""),
  };
}
