// How long a page was in front with the focus, and how far down it was read.

import { listen } from "../safe.js";

export function watchEngagement(record) {
  let since = 0; // In front since; 0 if it is not.
  let spent = 0;
  let lowest = 0;

  const inFront = () => document.visibilityState === "visible" && document.hasFocus();
  function settle() {
    const now = performance.now();
    if (since) spent += now - since;
    since = inFront() ? now : 0;
  }
  const scrolled = () => (lowest = Math.max(lowest, scrollY));
  for (const name of ["focus", "blur", "visibilitychange"]) listen(name, settle);
  listen("scroll", scrolled, { passive: true });
  settle();

  // Called when the page is hidden, or another one takes its place (`ended`). Time counts once; the depth is that of
  // the whole view.
  return (ended) => {
    settle();
    const { scrollHeight } = document.documentElement;
    const percent = Math.min(100, Math.round((100 * (lowest + innerHeight)) / scrollHeight)) || 0;
    if (spent >= 1) record("page_left", { engaged_ms: Math.round(spent), scroll_percent: percent });
    spent = 0;
    if (ended) lowest = 0;
  };
}
