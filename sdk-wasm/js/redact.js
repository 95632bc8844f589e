// Personal data goes before anything is kept. What could hold some is told cheaply; the rules are a part that is loaded
// only then, and what waits for them is in no store and no batch.

import { clip } from "./batch.js";
import { nothing } from "./safe.js";

// Whatever the rules could find, and more: signs of an address, nine digits, the beginning of an IBAN, names of secrets.
const MAYBE = /[@＠０-９]|ï[¼½]|eyJ|(\d[ .()+\x80-\uffff-]{0,9}){9}|(^|[^A-Za-z\d])[A-Za-z]{2}\d\d[ -]?[A-Za-z\d]{4}/;
// By itself, because ignoring the case of everything that is no letter takes a browser long to compile.
const NAMED = /token|passw|pwd|secret|sess|signature|api.?key|credential|jwt|(pin|otp|sid|sig|auth|code)=/i;
const LONGEST = 4_096; // Longer than anything that is kept, however much of it is taken out.

// Most events say again what the one before said: values that were found to hold nothing are not looked at twice.
const harmless = new Set();
const maybe = (value) => {
  if (harmless.has(value)) return false;
  const text = value + "\n" + unescape(unescape(unescape(value)));
  if (MAYBE.test(text) || NAMED.test(text)) return true;
  if (harmless.size > 99) harmless.clear();
  harmless.add(value);
  return false;
};

// `load` gets the rules, js/lazy/redact.js.
export function openWall(load) {
  let rules = null;
  let loading = null;
  let unread = 0;
  const waiting = [];
  // Where the rules are not there what could be personal is left out.
  const blind = (text) => (maybe(text) ? (unread++, "") : text);

  const clean = {
    text: (text) => (rules ? rules.redact : blind)(text.slice(0, LONGEST)),
    url: (text) => (rules ? rules.redactUrl : blind)(text.slice(0, LONGEST)),
    page: ([url, title, referrer]) => [clip(clean.url(url), 2_048), clip(clean.text(title), 256), clip(clean.url(referrer), 512)],
    fields(fields) {
      const kept = { ...fields };
      for (const name in kept)
        if (/^(st|n)/.test(typeof kept[name])) {
          const text = "" + kept[name];
          const cleaned = clean.text(text);
          if (cleaned !== text) kept[name] = cleaned;
        }
      return kept;
    },
    // How much was taken out since this was last asked, as fields of an event.
    counts() {
      const counts = { ...(rules && rules.removed()) };
      if (unread) counts.redacted_unread = unread;
      unread = 0;
      return counts;
    },
  };
  const flush = () => waiting.splice(0).forEach((act) => act(clean));

  return {
    // Lets `act` clean `values`: at once, or when the rules are there. Order is kept only among those that wait.
    through(values, act) {
      if (rules || !values.some(maybe)) return act(clean);
      waiting.push(act);
      loading = loading || load().then((module) => (rules = module), nothing).then(() => ((loading = null), flush()));
    },
    // Nothing waits any longer.
    flush,
  };
}
