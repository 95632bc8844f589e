// The Wasm core: texts and bytes go through its memory, everything else is a number.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// Wraps the exports of an instance. Operations have the numbers of `Page::call` in src/lib.rs; texts are
// separated by NUL.
export function coreOf({ memory, room, call, answer, random }) {
  const ask = (operation, input, ...numbers) => {
    const bytes = typeof input === "string" ? encoder.encode(input) : input;
    const start = room(bytes.length);
    new Uint8Array(memory.buffer, start).set(bytes);
    return call(operation, ...numbers);
  };
  const drawing = (...question) => {
    random(...crypto.getRandomValues(new BigUint64Array(2)));
    return ask(...question);
  };
  const bytes = (...question) => {
    const length = ask(...question);
    return new Uint8Array(memory.buffer, answer(), length).slice();
  };
  const text = (...question) => decoder.decode(bytes(...question));

  return {
    // One visitor; `profile` is what was stored, or empty for a new one.
    open: (profile) => drawing(0, profile),
    about: (site, device, locale, width, height, offset) => ask(1, `${site}\0${device}\0${locale}`, width, height, offset),
    // Plain values for the next event, page or user; anything else is left out.
    give(fields) {
      for (const name in fields) {
        const value = fields[name];
        if (typeof value === "string") value && ask(2, name + "\0" + value);
        else if (typeof value === "number") ask(3, name, value);
        else if (typeof value === "boolean") ask(4, name, value);
      }
    },
    // The page from now on; fields become the context of decisions.
    page: (url, title, referrer) => ask(5, `${url}\0${referrer}\0${title}`),
    // Installs the payload of a verified bundle; false if it does not read (the old one stays).
    install: (payload) => ask(6, payload),
    // Two bits a purpose: 0 unknown, 1 denied, 2 granted.
    consent: (bits) => ask(7, "", bits),
    measures: () => ask(8, ""),
    personalises: () => ask(9, ""),
    // True if the event was kept.
    record: (name, at) => drawing(10, name, at),
    // True if it is another user than before; fields become attributes.
    identify: (user) => ask(11, user),
    // Behaviour and attributes go, the visitor stays.
    erase: () => ask(12, ""),
    // The visitor goes.
    reset: () => drawing(13, ""),
    // Canonical JSON, empty without a bundle; to peek reserves nothing.
    decide: (placement, now, limit, peek, force = "", draw = 0) => text(14, placement + "\0" + force, now, limit, draw, peek),
    explain: (placement, now, limit, force = "", draw = 0) => text(15, placement + "\0" + force, now, limit, draw),
    // Milliseconds that a placement may wait.
    budget: (placement) => ask(16, placement),
    content: (offer, locale, field) => text(17, `${offer}\0${locale}\0${field}`),
    reason: (campaign, locale) => text(18, campaign + "\0" + locale),
    // Counts a decision made elsewhere against caps until exposed or released.
    reserve: (facet, value) => ask(19, facet + "\0" + value),
    release: () => ask(20, ""),
    // The first events waiting, at most `most`, as a batch.
    batch: (now, most) => bytes(21, "", now, most),
    // The first `count` events have arrived, or never will.
    done: (count) => ask(22, "", count),
    waiting: () => ask(23, ""),
    // Puts the events of a stored batch back in front.
    restore: (batch) => ask(24, batch),
    profile: () => bytes(25, ""),
    // Takes over a profile that another tab stored.
    adopt: (profile) => ask(26, profile),
  };
}
