// What frameworks need to draw placements themselves: what is shown in which element, and what the server printed.

import { attune } from "./index.js";

const told = new WeakMap(); // Element → its offer, null for default content.
const listeners = new Set();

// Heard from the beginning: a placement may be told before what draws it has begun to listen.
attune.on("placement", ({ element, offers: [offer = null] }) => {
  told.set(element, offer);
  for (const listener of listeners) listener();
});

// The offer in an element, null for its default content, undefined as long as nobody has decided.
export const offerIn = (element) => (element ? told.get(element) : undefined);

// Calls after every change; what it returns ends that.
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The offer of an answer of `/v1/decide`, with its content in a language; null if there is none.
export function printedOffer(answer, language = "en") {
  const [offer] = (answer && answer.decision && answer.decision.offers) || [];
  if (!offer) return null;
  const entries = (answer.content || {})[offer.id] || {};
  return { id: offer.id, content: entries[language] || entries[language.split("-")[0]] || entries.en || Object.values(entries)[0] || {} };
}

// The same answer as a page's block of JSON, which the tag verifies.
export const printedBlock = (answer) => JSON.stringify(answer).replace(/</g, "\\u003c");
