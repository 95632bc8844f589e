// What offers and campaigns say in the visitor's language, and how long a placement may wait.

const language = () => document.documentElement.lang || navigator.language || "en";

// The entry for the language, else for its first part (`ko` of `ko-KR`), else English, else the first.
const localised = (entries = {}, wanted = language()) =>
  entries[wanted] || entries[wanted.split("-")[0]] || entries.en || Object.values(entries)[0];

export function openWords(core) {
  let words = { budgets: {}, offers: {}, reasons: {} };
  return {
    // There is another bundle.
    learn() {
      words = JSON.parse(core.words());
    },
    // What the server gave with its decision.
    add(offers) {
      words.offers = { ...words.offers, ...offers };
    },
    // Without a bundle as long as placements wait unless they say otherwise.
    budget: (placement) => (words.budgets ? words.budgets[placement] || 0 : 1_500),
    content: (offer, field) => (localised(words.offers[offer]) || {})[field] || "",
    all: (offer) => ({ ...localised(words.offers[offer]) }),
    reason: (campaign) => localised(words.reasons[campaign]) || "",
  };
}
