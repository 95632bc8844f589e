// Decisions of the server: where a rule touches what a device may not know, and everywhere where Wasm does not run.

import { toText, uuidText } from "../bytes.js";

// What stands for the core where there is none: it leaves every decision to the server.
export const lite = {
  decide: (placement) => JSON.stringify({ placement, reason: "ask_server", offers: [], withheld: [] }),
  words: () => '{"offers":{},"reasons":{}}',
  reserve() {},
  release() {},
};

const granted = (yes) => (yes ? "granted" : "denied");

// The decision, with `content` of its offers by id; null where the server does not answer. What the visitor did is
// told only with permission to measure.
export async function ask({ base, site, who, consent, decider }, placement, limit = 1) {
  const { core, view, events } = decider.known();
  const question = {
    site,
    placement,
    limit,
    content: true,
    visitor: uuidText(who.visitor()),
    now: Date.now(),
    token: who.token,
    consent: { measure: granted(consent.measures()), personalise: granted(consent.personalises()) },
    context: Object.fromEntries(view),
  };
  if (consent.measures()) {
    if (core) question.profile = btoa(toText(core.profile()));
    else question.events = events.map(([name, at, , fields]) => ({ name, at, properties: Object.fromEntries(fields) }));
  }
  const response = await fetch(base + "v1/decide", { method: "POST", body: JSON.stringify(question) });
  if (!response.ok) return null;
  const { decision, content } = await response.json();
  return { ...decision, content };
}
