// The Wasm core: texts and bytes go through its memory, everything else is a number.

import { encoder, toText, uuid } from "./bytes.js";

const decoder = new TextDecoder();

// Wraps the exports of an instance. Operations have the numbers of `Page::call` in src/lib.rs; texts are
// separated by NUL.
export function coreOf({ memory, room, call, answer }) {
  const ask = (operation, input, ...numbers) => {
    const bytes = typeof input === "string" ? encoder.encode(input) : input;
    const start = room(bytes.length);
    new Uint8Array(memory.buffer, start).set(bytes);
    return call(operation, ...numbers);
  };
  const bytes = (...question) => {
    const length = ask(...question);
    return new Uint8Array(memory.buffer, answer(), length).slice();
  };
  let fresh = uuid(4); // For the next session: randomness is dear, and most events go on with theirs.
  const text = (...question) => decoder.decode(bytes(...question));

  return {
    // One visitor; `profile` is what was stored, or empty for a new one.
    open: (profile) => ask(0, profile) || ask(13, uuid(4)),
    // Values by name for the next `page`, `apply` or `identify`.
    give(fields) {
      for (const [name, value] of fields)
        if (typeof value === "string") ask(1, name + "\0" + value);
        else ask(typeof value === "number" ? 2 : 3, name, value);
    },
    // Another page: values become the context of its decisions.
    page: () => ask(4, ""),
    // Installs the payload of a verified bundle; false if it does not read (the old one stays).
    install: (payload) => ask(5, payload),
    // Two bits a purpose: 0 unknown, 1 denied, 2 granted.
    consent: (bits) => ask(6, "", bits),
    measures: () => ask(7, ""),
    personalises: () => ask(8, ""),
    // Activity: the session's id, as text of its bytes.
    touch(at) {
      const session = toText(bytes(9, fresh, at));
      if (session === toText(fresh)) fresh = uuid(4);
      return session;
    },
    // What an event adds to the profile, where that is allowed.
    apply: (name, at) => ask(10, name, at),
    // True if it is another user than before; values become attributes.
    identify: (user) => ask(11, user),
    // Behaviour and attributes go, the visitor stays.
    erase: () => ask(12, ""),
    // The visitor goes.
    reset: () => ask(13, uuid(4)),
    // Canonical JSON, empty without a bundle; to peek reserves nothing.
    decide: (placement, now, limit, peek, force = "", draw = 0) => text(14, placement + "\0" + force, now, limit, draw, peek),
    // What would be decided now, for `explain` of another instance that has the same profile and bundle.
    question: (placement, now, limit, force = "", draw = 0) => bytes(15, placement + "\0" + force, now, limit, draw),
    // What pages show, as JSON: see `words` in schema/src/bundle.rs.
    words: () => text(16, ""),
    // Counts a decision made elsewhere against caps until exposed or released.
    reserve: (facet, value) => ask(17, facet + "\0" + value),
    release: () => ask(18, ""),
    // Consent, the visitor's 16 bytes, and the user, if known.
    who: () => bytes(19, ""),
    profile: () => bytes(20, ""),
    // Takes over a profile that another tab stored.
    adopt: (profile) => ask(21, profile),
    // Every step of a decision, as canonical JSON; only the module that is loaded for it can.
    explain: (question) => text(22, question),
  };
}
