// Batches out: soon after recording, when the page hides, again after a failure. Ids make a repeat harmless.

const SOON_MS = 2_000;
const MOST = 200;
const BEACON_MOST = 400;
const LONGEST_MS = 300_000;

export function transport(core, base, saved) {
  const url = base + "v1/batch";
  let timer = 0;
  let busy = false;
  let left = false; // All was handed to a beacon while a request was in flight.
  let failures = 0;

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(flush, ms);
  }

  function done(count) {
    core.done(count);
    failures = 0;
    saved();
  }

  function backOff(response) {
    failures++;
    const asked = response && Number(response.headers.get("Retry-After")) * 1_000;
    const wait = Math.min(LONGEST_MS, 1_000 * 2 ** failures);
    later(Math.max(asked || 0, wait) * (0.5 + Math.random()));
  }

  async function flush() {
    const count = Math.min(MOST, core.waiting());
    if (busy || !count || !core.measures()) return;
    busy = true;
    left = false;
    try {
      const body = core.batch(Date.now(), count);
      const response = await fetch(url, { method: "POST", body, keepalive: body.length < 60_000, credentials: "omit" });
      if (response.status === 429 || response.status >= 500) backOff(response);
      else if (!left) done(count); // Taken, or refused for good.
    } catch {
      backOff();
    }
    busy = false;
    if (core.waiting() && !failures) later(0);
  }

  function leave() {
    while (core.waiting() && core.measures()) {
      const count = Math.min(BEACON_MOST, core.waiting());
      const body = new Blob([core.batch(Date.now(), count)]);
      if (!navigator.sendBeacon || !navigator.sendBeacon(url, body)) return;
      left = true;
      done(count);
    }
  }

  return {
    wake() {
      if (core.waiting() >= MOST) later(0);
      else if (!failures) later(SOON_MS);
    },
    flush,
    leave,
  };
}
