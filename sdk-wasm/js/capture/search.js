// Searches on the site, told by the address of their results.

import { guard } from "../safe.js";

const NAMES = ["q", "query", "search", "keyword", "s"];

const termOf = (url, names) => {
  const { searchParams } = new URL(url);
  for (const name of names) {
    const term = searchParams.get(name);
    if (term) return term.trim().replace(/\s+/g, " ").slice(0, 128);
  }
  return "";
};

// What a page at `url` says of a search, or null. `before` is the page it was opened from: the same term there is the
// same search (paged, filtered), another one a refinement. `loaded`: by the browser, not by a router. `names` are
// parameters that hold a term.
export function searchOf(url, before, loaded, names = NAMES) {
  const term = termOf(url, names);
  const [navigation] = performance.getEntriesByType("navigation");
  if (!term || (loaded && navigation && navigation.type !== "navigate")) return null;
  const earlier = guard(() => new URL(before).origin === location.origin && termOf(before, names)) || "";
  if (earlier === term) return null;
  const counted = document.querySelector("[data-attune-results]");
  const results = counted && counted.dataset.attuneResults ? Number(counted.dataset.attuneResults) : undefined;
  return { term, results, refined: earlier ? true : undefined };
}
