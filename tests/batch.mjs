// Reads the compact form of schema/src/batch.rs, for tests and benches that look at what a page sends.

// A batch → its context and events with fields as an object. Throws where the bytes are not a batch.
export function decode(body) {
  const bytes = Buffer.from(body);
  if (bytes.subarray(0, 3).toString("latin1") !== "AB\x02") throw new Error("not a batch");
  let at = 3;
  const raw = (length) => {
    if (at + length > bytes.length) throw new Error("the batch is cut");
    return bytes.subarray(at, (at += length));
  };
  const uint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const [byte] = raw(1);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const int = () => {
    const value = uint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  const text = () => raw(uint()).toString("utf8");
  const id = () => raw(16).toString("hex");
  const list = (read) => Array.from({ length: uint() }, read);
  const option = (read) => (uint() ? read() : null);
  const known = [];
  const shared = () => {
    const index = uint();
    if (index === known.length) known.push(text());
    return known[index];
  };
  const value = () => {
    const kind = uint();
    if (kind === 3) return shared();
    if (kind === 4) return int();
    return kind === 2 ? raw(8).readDoubleLE() : kind === 1;
  };

  const batch = { site: text(), visitor: id(), user: option(text), sentAt: int(), consent: uint() };
  for (const name of ["device", "locale", "utm_source", "utm_medium", "utm_campaign", "library"]) batch[name] = text();
  batch.screen = [uint(), uint()];
  batch.offset = int();
  let [time, session, page] = [batch.sentAt, "", []];
  batch.events = list(() => {
    const [flags] = raw(1);
    const event = { name: shared() };
    event.at = time += int();
    event.id = flags & 8 ? id() : time.toString(16).padStart(12, "0") + raw(10).toString("hex");
    event.session = session = flags & 1 ? id() : session;
    if (flags & 2) page = [shared(), shared(), shared()];
    [event.url, event.title, event.referrer] = flags & 4 ? [] : page;
    event.fields = Object.fromEntries(list(() => [shared(), value()]));
    return event;
  });
  batch.drops = list(() => [text(), uint()]);
  if (at !== bytes.length) throw new Error("bytes after the batch");
  return batch;
}
