// Puts the parts together. Whatever fails, the page behaves as if we were absent.

import { apiOf } from "./api.js";
import { bundles, readTerms } from "./bundle.js";
import { watchClicks } from "./capture/click.js";
import { watchEngagement } from "./capture/engagement.js";
import { watchErrors } from "./capture/error.js";
import { nameForms, watchForms } from "./capture/form.js";
import { about, watchPages } from "./capture/page.js";
import { searchOf } from "./capture/search.js";
import { watchVitals } from "./capture/vitals.js";
import { consents } from "./consent.js";
import { openDecider, runsWasm } from "./decider.js";
import { contextOf, tagged, visitOf } from "./device.js";
import { openQueue, plain } from "./queue.js";
import { openWall } from "./redact.js";
import { openLevels } from "./level.js";
import { guard, listen, nothing } from "./safe.js";
import { openStore } from "./store.js";
import { transport } from "./transport.js";
import { openWho } from "./who.js";

const SAVE_MS = 150;
const STALE_TAB_MS = 30_000;
const PLACEMENTS = "attune-placement[name],[data-attune-placement]";
const PRIVACY = "attune-privacy,[data-attune-privacy]";

export async function start(calls, base, { site, consent: banner, beforeConsent, visitorCookie }, key) {
  if (document.prerendering) await new Promise((go) => document.addEventListener("prerenderingchange", go, { once: true }));
  // Where the page pins the SDK, the loader has each part checked, or fails.
  const part = async (name) => (await (calls.pinned || nothing)(name), import(base + "sdk/" + name));
  const wasm = (name) => WebAssembly.instantiateStreaming(fetch(base + "sdk/" + name, { integrity: (calls.pins || {})[name] || "" }));
  const store = openStore(site);
  const levels = openLevels();
  const bundle = bundles(store, key, calls, installed, unverified);
  const visit = visitOf(site);
  const who = openWho(store, visitorCookie);
  let known = false; // There is a bundle, or none will come soon.
  let ready = false; // The bundle has said what unanswered consent means.
  let place = { url: calls.url, category: "" };
  let personalised = true;
  const consent = consents(store, banner, consentChanged);
  const decider = openDecider(store, who, consent, (models) => wasm(models ? __MODELS__ : __WASM__), openParts, witnessed);
  const queue = openQueue(visit, who, consent, decider.learn, levels.at, beforeConsent === "hold");
  const wall = openWall(() => part(__REDACT__));
  const out = transport(consent.measures, queue, base, saveSoon);
  const tab = "queue:" + Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
  const listeners = [];
  const emit = (name, detail) => listeners.forEach(([wanted, listener]) => wanted === name && guard(() => listener(detail)));
  let vitals = nothing;
  let unsealed = false;
  let receipts = 0; // Whose decisions are made again, of 2^16.

  let saving = 0;
  const keepWho = () => who.save(consent.measures() || consent.personalises());
  function save() {
    saving = 0;
    if (!ready && !consent.measures()) return;
    keepWho();
    decider.save();
    store.setText(tab, consent.measures() && queue.waiting() ? queue.toText() : "");
  }
  function saveSoon() {
    saving = saving || setTimeout(save, SAVE_MS);
  }

  async function openParts() {
    const { coreOf, openVault, plainly } = await part(__VAULT__);
    const vault = await openVault(site).catch(() => ((unsealed = true), plainly));
    return { coreOf, vault };
  }

  // Of a sample of visitors the server makes decisions again: see `is_sampled` in collector/src/receipts/page.rs.
  function witnessed(core) {
    const id = who.visitor();
    return receipts > id.charCodeAt(14) * 256 + id.charCodeAt(15) ? part(__RECEIPT__).then((module) => module.keepReceipts(core, shared, __EXPLAIN__)) : core;
  }

  // `detail` is what the site declares.
  function put(name, fields, at, detail) {
    const seen = queue.page;
    const here = place;
    const pass = (clean) =>
      guard(() => {
        const page = clean.page(seen);
        const declared = clean.fields(detail);
        const own = { ...clean.fields(fields), ...clean.counts() };
        const entered = queue.record(name, own, at, page, declared, here);
        emit("captured", { entered, name, at, page, own, declared, here });
        if (entered) {
          out.wake();
          saveSoon();
          emit("event", name);
        }
      });
    guard(() => wall.through([...seen, ...Object.values({ ...fields, ...detail })], pass));
  }
  const record = (name, fields, at, detail) => put(name, fields, at || Date.now(), detail);

  function consentChanged() {
    if (!ready) return;
    const may = consent.personalises();
    if (places && !may) places.restoreAll();
    decider.changed();
    if (may && !personalised) fill();
    queue.answered();
    personalised = may;
    save();
    out.wake();
    emit("consent", consent.get());
  }

  // Null unless the visitor allows it and the server answers.
  const ask = (placement, limit) =>
    consent.personalises() ? part(__SERVER__).then((module) => module.ask({ base, site, who, consent, decider }, placement, limit)).catch(() => null) : null;

  // What the site's server says of the user, for placements to wait for.
  let lending = null;
  let lent = false;
  function lend(token, user) {
    if (token || lent) lending = part(__TOKEN__).then((module) => module.lend({ ...shared, key, record }, token, user)).catch(nothing);
    lent = !!token;
  }

  // Placements are a part of their own, and what decides them another: pages without any load neither.
  let places = null;
  let placing = false;
  // Where nothing is captured nothing can be counted: the default content stays.
  const fills = () => levels.at(place).level > 0;
  function fill(since = performance.now()) {
    if (places) fills() ? places.view(since) : places.restoreAll();
  }
  function look() {
    if (places) fills() && places.scan();
    else if (!placing && document.querySelector(PLACEMENTS)) {
      const since = ready ? performance.now() : 0;
      placing = true;
      Promise.all([part(__PLACEMENT__), decider.load().catch(() => part(__SERVER__).then(({ lite }) => lite))])
        .then(async ([module, core]) => {
          await lending;
          places = module.placements(core, PLACEMENTS, record, ask, (shown) => emit("placement", shown));
          places.learn();
          fill(since);
        })
        .catch(nothing);
    }
  }
  // The visitor's own page, once there is a bundle or none will come.
  const filled = new WeakSet();
  function lookForPrivacy() {
    for (const element of known ? document.querySelectorAll(PRIVACY) : [])
      if (!filled.has(element)) {
        filled.add(element);
        // What is stored is opened first, where there is anything that opens it.
        const opened = decider.load().catch(nothing);
        Promise.all([part(__PRIVACY__), opened]).then(([module]) => module.showPrivacy(element, shared, PLACEMENTS), nothing);
      }
  }
  let looking = 0;
  new MutationObserver((changes) => {
    if (!looking && changes.some((change) => change.addedNodes.length))
      looking = requestAnimationFrame(() => {
        looking = 0;
        look();
        lookForPrivacy();
      });
  }).observe(document, { childList: true, subtree: true });
  look();

  // The site's own patterns are a part as well; what happens before it is there is kept for it.
  let patterns = null;
  let missed = [];
  function learnPatterns(capture) {
    const keep = () => {
      removeEventListener("click", calls.keep, true);
      missed = calls.seen = [];
    };
    nameForms(capture.forms);
    if (patterns) patterns.learn(capture);
    else if (!capture.rules) keep();
    else part(__PATTERN__).then((module) => (patterns = module.watchPatterns(record, capture, missed, calls.seen)), nothing).then(keep);
  }

  const errors = watchErrors(record);
  const engagement = watchEngagement(record);
  const [prepareForms, leaveForms] = watchForms(record, () => part(__FORM__));
  function page(url, before, at = Date.now(), restored) {
    if (queue.page[0]) {
      leaveForms();
      engagement(true);
      errors();
    }
    const referrer = before || document.referrer;
    const facts = about();
    const context = contextOf(url, referrer, facts);
    decider.page(plain(context));
    wall.through(Object.values(context), (clean) => tagged(visit, clean.fields(context)));
    queue.page = [url, document.title, referrer];
    place = { url, category: facts.category };
    put("page_viewed", { category: facts.category }, at);
    if (facts.item) put("item_viewed", facts, at);
    const search = searchOf(url, referrer, !before);
    if (search) put("search_performed", search, at);
    if (patterns) patterns.view(url, referrer, !before);
    else missed.push([url, referrer, !before]);
    if (restored) decider.meet().then(() => fill());
    else fill();
  }

  const shared = {
    decider, queue, store, who, base, site, consent, wall, levels, listeners, put, fill, lend, part, wasm, saveSoon, save, ask,
    flush: out.flush,
    places: () => places,
    place: () => place,
  };
  const api = (shared.api = apiOf(shared));
  // Somebody who works on the site asks for the debugger, in this tab until its token expires. Most browsers never had one,
  // and need not open another storage to find that out.
  const kept = () => store.text("debug") && sessionStorage.getItem("attune:debug");
  guard(() => api.debug(new URL(calls.url).searchParams.get("attune_debug") || kept()));
  const call = (entry) => {
    const [name, ...values] = entry;
    const method = api[name];
    const result = method && guard(() => (name === "track" ? put(String(values[0]), {}, entry.at || Date.now(), values[1]) : method(...values)));
    if (entry.done) entry.done(result);
  };

  let left = false;
  function leave() {
    if (left) return; // The page is hidden again as it is left.
    engagement();
    vitals();
    wall.flush();
    out.leave();
    decider.leave();
    save();
  }

  // Answers first: they decide whether the first page view may be kept. Then what happened meanwhile.
  const early = calls.splice(0);
  early.filter(([name]) => name === "consent").forEach(call);
  const checkPage = watchPages(page);
  checkPage(calls.url, calls.began);
  checkPage();
  early.filter(([name]) => name !== "consent").forEach(call);
  watchClicks(record, base, calls.seen);
  listen("visibilitychange", () => document.visibilityState === "hidden" && leave());
  listen("pagehide", () => {
    leaveForms();
    leave();
    left = true;
  });
  listen("pageshow", () => (left = false));
  // Defined, because where prototypes are frozen assigning fails. Whether Wasm runs is found out for who asks: finding
  // out takes milliseconds that most pages need not spend.
  Object.defineProperties(calls, {
    push: { value: (...entries) => entries.forEach(call) },
    mode: { get: () => mode()[0] },
    why: { get: () => mode()[1] },
  });
  for (const name in api) calls[name] = (...values) => Promise.resolve(guard(() => api[name](...values)));
  if (banner) part(__BANNER__).then((module) => module.watchBanner(banner, consent), nothing);
  await bundle.start();
  if (!ready) {
    learnPatterns({});
    decider.without();
  }
  known = true;
  lookForPrivacy();
  // Without a bundle only what the visitor has said yes to.
  queue.open();
  out.wake();

  function installed(payload) {
    const { presumed, timeout, capture } = readTerms(payload);
    levels.learn(capture);
    receipts = capture.receipts;
    learnPatterns(capture);
    consent.presume(presumed);
    decider.install(payload);
    if (ready) {
      if (places) places.learn(), places.recheck();
      return;
    }
    known = ready = true;
    queue.settle(timeout);
    personalised = consent.personalises();
    if (consent.measures()) adoptQueues();
    keepWho(); // Another tab may be opening.
    out.flush(); // They say that somebody is there: before anything that can wait.
    saveSoon();
    emit("ready");
    (window.requestIdleCallback || setTimeout)(() =>
      guard(() => {
        vitals = watchVitals(record);
        if (document.forms[0]) prepareForms();
      }),
    );
  }

  // Whoever could alter what it says could alter the page as well; it may only lower.
  function unverified(payload) {
    levels.learn(readTerms(payload).capture);
  }

  // What works, and why not everything.
  function mode() {
    if (!ready) return known ? ["lite", "no_bundle"] : [];
    return runsWasm() ? ["full", store.blocked ? "storage_blocked" : unsealed ? "not_encrypted" : ""] : ["lite", "no_wasm"];
  }

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
