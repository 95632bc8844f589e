// Attune for pages that are built: loads the tag, and calls it by functions with types. On a server every call does
// nothing and resolves to nothing.

const inPage = typeof window !== "undefined" && typeof document !== "undefined";
const NAMES = [
  "page", "track", "identify", "alias", "group", "reset", "consent", "optIn", "optOut", "forget",
  "ready", "on", "decide", "peek", "expose", "explain", "explainLevel", "debug",
];

// Before the tag has come a call waits in `window.attune`, as the tag itself would keep it.
function call(name, values) {
  if (!inPage) return Promise.resolve();
  const queue = (window.attune = window.attune || []);
  if (queue.began) return queue[name](...values);
  return new Promise((done) => queue.push(Object.assign([name, ...values], { at: Date.now(), done })));
}

export const attune = Object.freeze({
  ...Object.fromEntries(NAMES.map((name) => [name, (...values) => call(name, values)])),
  get mode() {
    return inPage ? window.attune?.mode : undefined;
  },
  get why() {
    return inPage ? window.attune?.why : undefined;
  },
});

// Loads the tag once; `address` is where the collector's paths begin, such as `/attune/`. Imported, because Trusted
// Types forbid making script elements.
export function load({ address, site, consent, beforeConsent, visitorCookie }) {
  if (!inPage) return attune;
  const queue = (window.attune = window.attune || []);
  if (queue.tag || queue.began) return attune;
  const src = new URL(`${address.replace(/\/?$/, "/")}tag.js?site=${site}`, document.baseURI).href;
  queue.tag = { src, dataset: { site, consent, beforeConsent, visitorCookie } };
  import(/* webpackIgnore: true */ /* @vite-ignore */ src).catch(() => {
    queue.mode = "off";
    queue.why = "not_loaded";
  });
  return attune;
}
