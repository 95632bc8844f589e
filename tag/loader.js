// The tag: remembers early calls, clicks and the first page view with their own times, then loads the SDK.
// (`began`, because arrays have an `at`.) Never throws, loads once even when pasted twice, leaves the page as it is when anything is missing.
// What is in capitals between underscores the collector fills in. It is built three times: for pages that pin the SDK
// (`PINNED`: what a part has to be is in `__PINS__`), `WHOLE` for those whose line names the site (the SDK is in it as
// `SDK`, from sdk-wasm/js/whole.js, and the bundle as `__TOLD__`: two trips less), and as what is small.
(() => {
  try {
    const queue = (window.attune = window.attune || []);
    const script = document.currentScript || queue.tag; // An application imports it, and says what the element would.
    if (queue.began || !script) return;
    queue.began = Date.now();
    queue.url = location.href;
    queue.seen = [];
    queue.keep = (event) => queue.seen.push([event, event.composedPath(), Date.now()]);
    addEventListener("click", queue.keep, true);
    for (const name of "page track identify alias group reset consent optIn optOut forget ready on decide peek expose explain explainLevel debug".split(" "))
      queue[name] = (...values) =>
        new Promise((done) => {
          const call = [name, ...values];
          call.at = Date.now();
          call.done = done;
          queue.push(call);
        });
    const base = script.src.replace(PINNED ? /[^/]*\/[^/]*$/ : /[^/]*$/, "");
    const key = "__KEY__";
    const site = script.dataset.site || "__SITE__";
    // Which bundle is current, and the bundle itself unless it is `kept`; asked beside loading the SDK.
    queue.ask = async (kept) => (await fetch(base + "v1/manifest?" + new URLSearchParams({ site, key: key.slice(0, 8), kept }))).json();
    if (WHOLE) queue.asked = "__TOLD__";
    else {
      let kept = "";
      try {
        kept = localStorage["attune:" + site + ":bundle-hash"] || kept;
      } catch {}
      queue.asked = queue.ask(kept);
      queue.asked.catch(() => {});
    }
    if (PINNED) {
      queue.pins = __PINS__;
      // A module that was preloaded is the one that is imported; one that is not what it has to be is neither.
      queue.pinned = (name) =>
        new Promise((go, fail) => {
          const link = document.createElement("link");
          if (!queue.pins[name] || !link.relList.supports("modulepreload")) return fail();
          Object.assign(link, { rel: "modulepreload", crossOrigin: "", integrity: queue.pins[name], href: base + "sdk/" + name });
          link.onload = () => go(link.remove());
          link.onerror = () => fail(link.remove());
          document.head.append(link);
        });
    }
    const checked = PINNED ? queue.pinned("__SDK__") : Promise.resolve();
    checked
      .then(() => (WHOLE ? { start: SDK } : import(base + "sdk/__SDK__")))
      .then((sdk) => sdk.start(queue, base, { ...script.dataset, site }, key))
      .catch(() => {
        queue.mode = "off";
        queue.why = "not_loaded";
        const unheard = (...calls) => calls.forEach((call) => call.done && call.done());
        Object.defineProperty(queue, "push", { value: unheard });
        unheard(...queue.splice(0));
      });
  } catch {}
})();
