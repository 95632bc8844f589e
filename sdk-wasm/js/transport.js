// Batches out: soon after recording, when the page hides, again after a failure. Ids make a repeat harmless.

import { guard, nothing } from "./safe.js";

const SOON_MS = 3_000;
const MOST = 200;
const BEACON_MOST = 400;
const LONGEST_MS = 300_000;

const options = (body) => ({ method: "POST", body, keepalive: body.length < 60_000, credentials: "omit" });

// `may` says whether anything may be sent now.
export function transport(may, queue, base, saved) {
  const url = base + "v1/batch";
  let timer = 0;
  let busy = false;
  let failures = 0;
  let sent = false; // The first events of a page go at once: they say that somebody is there.

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(flush, ms);
  }

  function done(events) {
    queue.done(events);
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
    timer = 0;
    const events = queue.first(MOST);
    if (busy || !events.length || !may()) return;
    busy = sent = true;
    try {
      const body = queue.batch(events);
      const response = await fetch(url, options(body));
      if (response.status === 429 || response.status >= 500) backOff(response);
      else done(events); // Taken, or refused for good.
    } catch {
      backOff();
    }
    busy = false;
    if (queue.waiting() && !failures) later(queue.waiting() < MOST ? SOON_MS : 0);
  }

  function leave() {
    while (queue.waiting() && may()) {
      const events = queue.first(BEACON_MOST);
      const body = queue.batch(events);
      if (guard(() => navigator.sendBeacon(url, new Blob([body])))) done(events);
      // It may arrive or not: they stay in the store under their ids.
      else return guard(() => fetch(url, options(body)).catch(nothing));
    }
  }

  return {
    wake() {
      if (queue.waiting() >= MOST) later(0);
      else if (!failures && (!timer || !sent)) later(sent ? SOON_MS : 0);
    },
    flush,
    leave,
  };
}
