// Consent banners of others: what they tell of the visitor's answers becomes ours. Which one a page has, its tag says.

import { answersOf } from "./tcf.js";

const PATIENCE_MS = 10_000;

// Calls `found` with what `find` finds, as soon as it does.
function when(find, found) {
  const end = Date.now() + PATIENCE_MS;
  const look = () => {
    const it = find();
    if (it) found(it);
    else if (Date.now() < end) setTimeout(look, 50);
  };
  look();
}

const BANNERS = {
  // `data-consent="tcf"`, or `tcf:123` with the site's number in the vendor list. What cannot be read is a no; where
  // the framework does not apply, the site's own policy holds.
  tcf({ set, notAsked }, vendor) {
    when(
      () => window.__tcfapi,
      (api) =>
        api("addEventListener", 2, (told, success) => {
          const answered = !success || !told || told.eventStatus !== "cmpuishown";
          if (told && told.gdprApplies === false) return notAsked();
          if (answered) set(answersOf(String((success && told && told.tcString) || ""), Number(vendor) || 0));
        }),
    );
  },
  // Groups of OneTrust's standard template: performance, functional, targeting.
  onetrust({ set }) {
    const tell = (groups) => {
      const has = (group) => groups.includes(group);
      set({ measure: has("C0002"), personalise: has("C0003"), share: has("C0004") });
    };
    // Before an answer the groups are those that need none; a cookie says that there was one.
    when(
      () => /(^|; )OptanonAlertBoxClosed=/.test(document.cookie) && window.OnetrustActiveGroups,
      (groups) => tell(groups.split(",")),
    );
    addEventListener("OneTrustGroupsUpdated", ({ detail }) => tell(detail));
  },
  cookiebot({ set }) {
    const tell = () => {
      const { consent, hasResponse } = window.Cookiebot || {};
      if (consent && hasResponse) set({ measure: consent.statistics, personalise: consent.preferences, share: consent.marketing });
    };
    for (const name of ["CookiebotOnConsentReady", "CookiebotOnAccept", "CookiebotOnDecline"]) addEventListener(name, tell);
    tell();
  },
  // Google's consent mode: a default of `denied` is no answer yet, an update is one.
  google({ set }) {
    const layer = (window.dataLayer = window.dataLayer || []);
    const hear = (entry) => {
      const [command, action, said] = entry && entry.length ? entry : [];
      if (command !== "consent" || !said) return;
      const answers = {};
      for (const [purpose, name] of [["measure", "analytics_storage"], ["personalise", "personalization_storage"], ["share", "ad_user_data"]])
        if (said[name] === "granted" || (action === "update" && said[name])) answers[purpose] = said[name] === "granted";
      set(answers);
    };
    [...layer].forEach(hear);
    const { push } = layer;
    layer.push = function (...entries) {
      const result = push.apply(this, entries);
      entries.forEach(hear);
      return result;
    };
  },
};

// `kind` is a banner of those above, with what it wants to know after a colon.
export function watchBanner(kind, consent) {
  const [name, detail] = kind.split(":");
  const banner = Object.hasOwn(BANNERS, name) && BANNERS[name];
  if (banner) banner(consent, detail);
}
