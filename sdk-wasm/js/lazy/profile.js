// Reads a profile's bytes: schema/src/stored.rs says how they lie.

import { decoder } from "../bytes.js";

// The profile as plain values; null if it does not read.
export function readProfile(bytes) {
  let at = 3; // "AP" and the version.
  const uint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the profile ends early");
      value += (byte & 127) * factor;
      if (!(byte & 128)) return value;
    }
  };
  const int = () => {
    const value = uint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  const raw = (length) => bytes.subarray(at, (at += length));
  const text = () => decoder.decode(raw(uint()));
  const float = () => new DataView(raw(8).slice().buffer).getFloat64(0, true);
  const list = (read) => Array.from({ length: uint() }, read);
  const option = (read) => (uint() ? read() : null);
  const value = () => {
    const kind = uint();
    return kind === 3 ? text() : kind === 2 ? float() : kind === 1;
  };
  try {
    raw(16); // The visitor.
    const user = option(text);
    uint(); // The revision.
    raw(16); // The session.
    const [, last, sessions] = [int(), int(), uint()];
    const counters = list(() => {
      const [name, facet, total] = [text(), option(() => [text(), text()]), uint()];
      let time = 0;
      const times = list(() => (time += int()));
      if (bytes[2] > 1) list(int); // Amounts.
      return { name, facet, total, last: times.at(-1) };
    });
    const interests = list(() => ({ category: text(), points: float(), at: int() }));
    const attributes = Object.fromEntries(list(() => [text(), value()]));
    return { user, sessions, last, counters, interests, attributes };
  } catch {
    return null;
  }
}
