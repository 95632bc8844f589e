// Events as the collector takes them: the compact form of schema/src/batch.rs, byte for byte.

import { encoder, toBytes } from "./bytes.js";

// `text` cut to at most `most` bytes of UTF-8, between characters. One unit of UTF-16 is three bytes at the most.
export const clip = (text, most) =>
  text.length * 3 > most ? text.slice(0, encoder.encodeInto(text, new Uint8Array(most)).read) : text;

// `visit` is what surrounds the events; `who` the core's answer to that.
export function encodeBatch(visit, who, sentAt, events, dropped) {
  const bytes = [];
  const texts = [];
  const raw = (values) => bytes.push(...values);
  const uint = (value) => {
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
    bytes.push(value);
  };
  const int = (value) => uint(value < 0 ? -2 * value - 1 : 2 * value);
  const sized = (values) => {
    uint(values.length);
    raw(values);
  };
  const text = (value) => sized(encoder.encode(value));
  // A text that was written before is a reference.
  const known = (value) => {
    const index = texts.indexOf(value);
    uint(index < 0 ? texts.push(value) - 1 : index);
    if (index < 0) text(value);
  };

  const user = who.subarray(17);
  raw([65, 66, 2]); // "AB" and the version.
  text(visit.site);
  raw(who.subarray(1, 17));
  uint(+!!user.length);
  if (user.length) sized(user);
  int(sentAt);
  uint(who[0]);
  visit.texts.forEach(text);
  visit.screen.forEach(uint);
  int(visit.offset);
  uint(events.length);
  let before = sentAt;
  let open = "";
  let seen = "";
  for (const { id, name, at, session, page, fields } of events) {
    const here = page.join("\0");
    uint((session !== open) + 2 * (here !== seen)); // An id begins with its event's time: see `eventId`.
    known(name);
    int(at - before);
    raw(toBytes(id.slice(6)));
    if (session !== open) raw(toBytes(session));
    if (here !== seen) page.forEach(known);
    uint(fields.length);
    for (const [field, value] of fields) {
      known(field);
      if (typeof value === "string") {
        uint(3);
        known(value);
      } else if (Number.isInteger(value) && Math.abs(value) < 2 ** 52) {
        uint(4);
        int(value);
      } else if (typeof value === "number") {
        uint(2);
        raw(new Uint8Array(new Float64Array([value]).buffer));
      } else uint(+value);
    }
    before = at;
    open = session;
    seen = here;
  }
  uint(+!!dropped);
  if (dropped) {
    text("queue_full");
    uint(dropped);
  }
  return new Uint8Array(bytes);
}
