// Puts the parts together. Whatever fails, the page behaves as if we were absent.

import { clip } from "./batch.js";
import { bundles } from "./bundle.js";
import { toBytes, toText } from "./bytes.js";
import { watchClicks } from "./capture/click.js";
import { watchForms } from "./capture/form.js";
import { about, watchPages } from "./capture/page.js";
import { consents } from "./consent.js";
import { coreOf } from "./core.js";
import { contextOf, tagged, visitOf } from "./device.js";
import { placements } from "./placement.js";
import { openQueue, plain } from "./queue.js";
import { openStore } from "./store.js";
import { transport } from "./transport.js";
import { openWords } from "./words.js";

const SAVE_MS = 150;
const STALE_TAB_MS = 30_000;
// E-mail addresses and telephone or national numbers are not pseudonyms.
const PERSONAL = /@|^[+\d][\d\s().-]{7,}$/;

export async function start(calls, base, site, key) {
  if (document.prerendering) await new Promise((go) => document.addEventListener("prerenderingchange", go, { once: true }));
  const { instance } = await WebAssembly.instantiateStreaming(fetch(base + "sdk/" + __WASM__));

  const store = openStore(site);
  const core = coreOf(instance.exports);
  const keptProfile = () => toBytes(store.text("profile"));
  core.open(keptProfile());
  const visit = visitOf(site);
  const queue = openQueue(core, visit);
  const words = openWords(core);
  const tab = "queue:" + Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
  const listeners = [];
  const emit = (name, detail) => listeners.forEach(([wanted, listener]) => wanted === name && guard(() => listener(detail)));
  const guard = (work) => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };

  let payload = null; // Of the bundle installed.
  let ready = false; // The bundle has said what unanswered consent means.
  let saving = 0;
  function save() {
    saving = 0;
    if (!ready) return;
    const known = core.measures() || core.personalises();
    store.setText("profile", known ? toText(core.profile()) : "");
    store.setText(tab, core.measures() && queue.waiting() ? queue.toText() : "");
  }
  const saveSoon = () => (saving = saving || setTimeout(save, SAVE_MS));

  const out = transport(core, queue, base, saveSoon);
  function record(name, fields, at) {
    guard(() => {
      if (queue.record(name, fields, at || Date.now())) {
        if (ready) out.wake();
        saveSoon();
        emit("event", name);
      }
    });
  }

  const places = placements(core, words, record);
  let personalised = true;
  const consent = consents(core, store, () => {
    if (!ready) return;
    const may = core.personalises();
    if (!may) {
      places.restoreAll();
      core.erase();
    } else if (!personalised) places.view(performance.now());
    if (!core.measures()) queue.clear();
    personalised = may;
    save();
    out.wake();
    emit("consent", consent.get());
  });

  let view = { url: "", referrer: "" };
  function page(url, before, at) {
    leaveForms();
    view = { url, referrer: before || document.referrer };
    const facts = about();
    const context = contextOf(url, view.referrer, facts);
    core.give(plain(context));
    core.page();
    tagged(visit, context);
    queue.page = [clip(url, 2_048), clip(document.title, 256), clip(view.referrer, 512)];
    record("page_viewed", { category: facts.category }, at);
    if (facts.item) record("item_viewed", facts, at);
    if (ready) places.view(performance.now());
  }

  const decide = (placement, options, peek) => {
    const answer = core.decide(placement, Date.now(), (options && options.limit) || 1, peek);
    return answer ? JSON.parse(answer) : null;
  };

  const api = {
    page: (name, fields) => record("page_viewed", { ...fields, name }),
    track: (name, fields) => record(String(name), fields),
    identify(id, traits) {
      if (!id || PERSONAL.test(id)) return false;
      core.give(plain(traits));
      if (core.identify(clip(String(id), 128))) record("identified", {});
      saveSoon();
      return true;
    },
    reset() {
      out.flush();
      core.reset();
      queue.clear();
      places.view(performance.now());
      save();
    },
    consent: (answers) => (answers ? consent.set(answers) : consent.get()),
    optIn: () => consent.set({ measure: true, personalise: true }),
    optOut: () => consent.set({ measure: false, personalise: false }),
    forget() {
      if (core.measures()) navigator.sendBeacon(base + "v1/forget", JSON.stringify({ site, visitor: btoa(queue.visitor()) }));
      places.restoreAll();
      core.reset();
      queue.clear();
      for (const name of store.names("")) name !== "consent" && store.setText(name, "");
    },
    decide: (placement, options) => decide(placement, options, false),
    peek: (placement, options) => decide(placement, options, true),
    explain(placement) {
      if (!payload) return [];
      const about = [core.profile(), payload, core.question(placement, Date.now(), 1)];
      return import(base + "sdk/" + __EXPLAIN__).then(({ explain }) => explain(base, ...about)).catch(() => []);
    },
    expose: (fields) => record("offer_exposed", fields),
    ready: (listener) => listener && guard(listener),
    on: (name, listener) => listeners.push([name, listener]),
  };
  const call = (entry) => {
    const [name, ...values] = entry;
    const method = api[name];
    const result = method && guard(() => (name === "track" ? record(String(values[0]), values[1], entry.at) : method(...values)));
    if (entry.done) entry.done(result);
  };

  watchClicks(record);
  const leaveForms = watchForms(record);
  const checkPage = watchPages(page);
  const leave = () => {
    out.leave();
    save();
  };
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  addEventListener("pagehide", () => {
    leaveForms();
    leave();
  });
  store.watch("profile", () => core.adopt(keptProfile()));

  // Answers first: they decide whether the first page view may be kept.
  const early = calls.splice(0);
  early.filter(([name]) => name === "consent").forEach(call);
  checkPage(calls.url, calls.began);
  checkPage();
  early.filter(([name]) => name !== "consent").forEach(call);
  calls.push = (...entries) => entries.forEach(call);
  for (const name in api) calls[name] = (...values) => Promise.resolve(guard(() => api[name](...values)));

  await bundles(core, store, base, site, key, (installed) => {
    payload = installed;
    words.learn();
    if (ready) return places.recheck();
    ready = true;
    queue.learn();
    personalised = core.personalises();
    if (core.measures()) adoptQueues();
    else queue.clear();
    places.view(0);
    save();
    out.wake();
    calls.mode = store.blocked ? "session" : "full";
    emit("ready");
  }).start();

  // Events that an earlier page or a closed tab could not send.
  function adoptQueues() {
    const now = Date.now();
    for (const name of store.names("queue:")) {
      const since = parseInt(name.slice(6, -6), 36);
      if (name === tab || !(now - since > STALE_TAB_MS)) continue;
      guard(() => queue.restore(store.text(name)));
      store.setText(name, "");
    }
  }
}
