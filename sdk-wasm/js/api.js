// What pages may call: docs/tag.md says what each does.

import { clip } from "./batch.js";
import { nothing } from "./safe.js";
import { plain } from "./queue.js";

// E-mail addresses and telephone or national numbers are not pseudonyms.
const PERSONAL = /@|^[+\d][\d\s().-]{7,}x?$/i;

// `page` is what `start` put together.
export function apiOf(page) {
  const { decider, queue, store, who, base, site, consent, put, wall } = page;
  const record = (name, fields, detail) => put(name, fields, Date.now(), detail);
  const places = (act) => page.places() && act(page.places());
  // At once where the core is there, otherwise as soon as it is; null where it never will be.
  const decided = (ask) => {
    const core = decider.core();
    return core ? ask(core) : decider.load().then(ask, () => null);
  };
  const decide = async (placement, { limit = 1 } = {}, peek) => {
    const decision = await decided((core) => JSON.parse(core.decide(placement, Date.now(), limit, peek) || "null"));
    return decision && decision.reason !== "ask_server" ? decision : page.ask(placement, limit);
  };
  const another = (known) => {
    who.reset(known);
    who.token = undefined;
    queue.clear();
    decider.changed();
  };
  // Another tab has another visitor, or was told to forget this one.
  store.watch("who", () => {
    const known = who.stored();
    if (known && known.visitor === who.visitor()) return;
    if (known) {
      wall.flush();
      page.flush();
    } else places((some) => some.restoreAll());
    another(known);
    if (!known) decider.forget();
  });

  return {
    page: (name, fields) => record("page_viewed", { name }, fields),
    track: (name, fields) => record(String(name), {}, fields),
    // `token` says it on the word of the site's server: what it says of the user counts until it expires.
    identify(id, traits, { token } = {}) {
      if (!id || PERSONAL.test(String(id).normalize("NFKC"))) return false;
      who.token = token;
      if (who.identify(clip(String(id), 128))) record("identified", {});
      decider.changed();
      page.lend(token, id);
      wall.through(Object.values(traits || {}), (clean) => {
        const values = plain(clean.fields(traits));
        if (values.length && consent.personalises())
          decided((core) => {
            core.give(values);
            core.traits();
            page.saveSoon();
          });
      });
      page.saveSoon();
      return true;
    },
    // Both user ids are one person.
    alias(id, previous) {
      const before = previous || who.user();
      if (!id || !before || PERSONAL.test(id) || PERSONAL.test(before)) return false;
      this.identify(id);
      record("aliased", { previous: before });
      return true;
    },
    group: (id, traits) => record("group_joined", { group: id }, traits),
    reset() {
      wall.flush();
      page.flush();
      another();
      page.fill();
      page.save();
    },
    consent: (answers) => (answers ? consent.set(answers) : consent.get()),
    optIn: () => consent.set({ measure: true, personalise: true }),
    optOut: () => consent.set({ measure: false, personalise: false }),
    forget() {
      if (consent.measures()) navigator.sendBeacon(base + "v1/forget", JSON.stringify({ site, visitor: btoa(who.visitor()) }));
      places((some) => some.restoreAll());
      another();
      decider.forget();
      who.save(false);
      for (const name of store.names("")) name !== "consent" && store.setText(name, "");
    },
    decide: (placement, options) => decide(placement, options, false),
    peek: (placement, options) => decide(placement, options, true),
    // With a language, in sentences.
    explain: (placement, { language } = {}) =>
      decided(async (core) => {
        const question = core.question(placement, Date.now(), 1);
        const about = [core.seen(), decider.payload(), question];
        return page.part(__EXPLAIN__).then(({ explain }) => explain(page.wasm, ...about, language)).catch(() => []);
      }),
    explainLevel: () => page.part(__EXPLAIN__).then((module) => module.explainLevel(page)).catch(nothing),
    expose: (fields) => record("offer_exposed", fields),
    // Shows what happens in this page, to whoever has a token for that; nothing without one.
    debug(token) {
      if (!token) return;
      const before = [];
      page.listeners.push(["captured", (event) => before.push(event)]);
      return page.part(__DEBUG__).then((module) => module.debug(page, String(token), before)).catch(nothing);
    },
    ready: (listener) => (listener || nothing)(),
    // Whoever comes late is told what is shown already.
    on(name, listener) {
      page.listeners.push([name, listener]);
      if (name === "placement") places((some) => some.tellAgain(listener));
    },
  };
}
