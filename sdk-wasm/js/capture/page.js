// Page views: load, single-page navigation, return from the back-forward cache, activation of a prerender.
// A hash counts as a page only where sites route by it (`#/…`, `#!…`).

import { guard, listen } from "../safe.js";

const SETTLE_MS = 60; // Routers call replaceState in bursts and set the title afterwards.

const address = (href) => href.replace(/#(?![/!]).*$/, "");

const meta = (property) => {
  const element = document.querySelector('meta[property="' + property + '"],meta[name="' + property + '"]');
  return (element && element.content) || "";
};

// What the page says about itself in ordinary Open Graph product metadata.
export const about = () => ({
  category: meta("product:category"),
  item: meta("og:type") === "product" ? meta("product:retailer_item_id") : "",
});

export function watchPages(viewed) {
  let last = "";
  let timer = 0;

  // Tells of the page at `href` if it is another one; `at` is when it was first seen, if not now. `restored`: it comes
  // from the back-forward cache.
  function check(href = location.href, at, restored) {
    const now = address(href);
    if (now === last) return;
    const before = last;
    last = now;
    viewed(now, before, at, restored);
  }

  // A burst is settled when it is over, but one that goes on may not hide a navigation.
  let pushed = false;
  const settle = ({ navigationType } = {}) => {
    if (pushed) return;
    clearTimeout(timer);
    pushed = navigationType !== "replace";
    timer = setTimeout(() => {
      pushed = false;
      check();
    }, SETTLE_MS);
  };
  // Browsers that tell of navigations need not be watched; a page may forbid watching.
  if (window.navigation) guard(() => navigation.addEventListener("currententrychange", settle));
  else
    for (const name of ["pushState", "replaceState"])
      guard(() => {
        const original = history[name];
        history[name] = function (...values) {
          const result = original.apply(this, values);
          settle({ navigationType: name.slice(0, -5) });
          return result;
        };
      });
  listen("popstate", settle);
  listen("hashchange", settle);
  listen("pageshow", (event) => {
    if (event.persisted) {
      last = "";
      check(undefined, undefined, true);
    }
  });
  return check;
}
