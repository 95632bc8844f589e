// Web Vitals of the page load, as Google's `web-vitals` library measures them (https://web.dev/articles/vitals):
// milliseconds since the navigation or its activation from a prerender, and the layout shift score. Observers are
// handed what happened before they came, so that this part may come late.

import { guard, nothing } from "../safe.js";

const CLS_GAP_MS = 1_000;
const CLS_WINDOW_MS = 5_000;
const INTERACTIONS = 10; // The longest are kept: the 98th percentile of up to 500.
const INTERACTION_MS = 40;

function observe(type, seen, options) {
  // A browser may not know this kind.
  guard(() => new PerformanceObserver((list) => list.getEntries().forEach(seen)).observe({ type, buffered: true, ...options }));
}

// Returns what is called when the page is hidden: the first time it records what was measured.
export function watchVitals(record) {
  const [navigation] = performance.getEntriesByType("navigation");
  if (!navigation) return nothing;
  const began = navigation.activationStart || 0;
  const since = (time) => Math.max(0, Math.round(time - began));
  const wasHidden = performance
    .getEntriesByType("visibility-state")
    .find(({ name, startTime }) => name === "hidden" && startTime >= began);
  let hiddenAt = wasHidden ? wasHidden.startTime : Infinity;

  const vitals = { ttfb: since(navigation.responseStart) };
  observe("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint" && startTime < hiddenAt) vitals.fcp = since(startTime);
  });
  observe("largest-contentful-paint", ({ startTime }) => {
    if (startTime < hiddenAt) vitals.lcp = since(startTime);
  });

  // The worst session window of layout shifts nobody asked for.
  let shift = { score: 0, first: 0, last: 0 };
  vitals.cls = 0;
  observe("layout-shift", ({ hadRecentInput, startTime, value }) => {
    if (hadRecentInput) return;
    const goes = shift.score && startTime - shift.last < CLS_GAP_MS && startTime - shift.first < CLS_WINDOW_MS;
    shift = goes ? { ...shift, score: shift.score + value, last: startTime } : { score: value, first: startTime, last: startTime };
    vitals.cls = Math.max(vitals.cls, shift.score);
  });

  // Interactions by id, longest first.
  let longest = [];
  let [lowestId, highestId] = [Infinity, 0];
  function interacted({ interactionId: id, duration, entryType, startTime }) {
    if (id) [lowestId, highestId] = [Math.min(lowestId, id), Math.max(highestId, id)];
    else if (entryType !== "first-input" || longest.some((known) => known.startTime === startTime)) return;
    const known = longest.find((other) => other.id === id && id);
    if (known) known.duration = Math.max(known.duration, duration);
    else longest.push({ id, duration, startTime });
    longest = longest.sort((a, b) => b.duration - a.duration).slice(0, INTERACTIONS);
  }
  observe("event", interacted, { durationThreshold: INTERACTION_MS });
  observe("first-input", interacted);

  let told = false;
  return () => {
    hiddenAt = Math.min(hiddenAt, performance.now());
    if (told) return;
    told = true;
    // Ids of interactions are seven apart.
    const count = performance.interactionCount ?? (highestId ? (highestId - lowestId) / 7 + 1 : 0);
    const candidate = longest[Math.min(longest.length - 1, Math.floor(count / 50))];
    if (candidate) vitals.inp = Math.round(candidate.duration);
    vitals.cls = Math.round(vitals.cls * 1e4) / 1e4;
    record("vitals_measured", vitals);
  };
}
