// The site's own patterns: what means something here, told by an address or an element. The rules are those that
// engine/src/compile/capture.rs makes; pages of sites without any do not load this.

import { searchOf } from "../capture/search.js";
import { onPath } from "../level.js";
import { guard, listen } from "../safe.js";
import { watchExposure } from "./exposure.js";

const MOST = 100; // Elements of one rule that are watched at once.
const UNREAD = "[data-attune-mask],[data-attune-ignore]";

// `views` and `clicks` are those before this part had come: address, referrer and whether the browser loaded it; event,
// path and time.
export function watchPatterns(record, capture, views, clicks) {
  let rules = [];
  let watched = new Map(); // element → rules that wait for it, each to be seen once a view
  let stops = [];

  const of = (on) => rules.filter((rule) => rule.on === on && onPath(rule.path, location.pathname));
  const matches = (node, selector) => node.matches && guard(() => node.matches(selector));

  // What attributes of the element, or of what surrounds it, say.
  function read(rule, element) {
    const fields = { ...rule.detail };
    for (const [field, name] of Object.entries(rule.read || {})) {
      const holder = element && guard(() => element.closest("[" + CSS.escape(name) + "]"));
      if (holder && !holder.closest(UNREAD)) fields[field] = holder.getAttribute(name);
    }
    return fields;
  }
  const tell = (rule, element, at, more) => record(rule.event, { ...rule.fields, ...more }, at, read(rule, element));

  function clicked(event, path, at) {
    if (path.some((node) => matches(node, "[data-attune-ignore]"))) return;
    for (const rule of of("click")) {
      const element = path.find((node) => matches(node, rule.selector));
      if (element) tell(rule, element, at);
    }
  }

  // Reached by going there: not by a reload, nor by going back.
  function viewed([url, before, loaded]) {
    const [navigation] = performance.getEntriesByType("navigation");
    if (!(loaded && navigation && navigation.type !== "navigate"))
      for (const rule of of("view")) {
        if (rule.search) {
          const search = searchOf(url, before, loaded, [rule.search]);
          if (search) tell(rule, null, 0, search);
        } else if (rule.take) {
          const [parameter, field] = rule.take;
          const value = new URL(url).searchParams.get(parameter);
          const earlier = guard(() => new URL(before).searchParams.get(parameter));
          if (value && (loaded || value !== earlier)) tell(rule, null, 0, { [field]: value });
        } else tell(rule, null);
      }
    for (const stop of stops.splice(0)) stop();
    watched = new Map();
    scan();
  }

  // Each element once a view for each rule.
  function scan() {
    for (const rule of of("visible"))
      for (const element of [...(guard(() => document.querySelectorAll(rule.selector)) || [])].slice(0, MOST)) {
        const waiting = watched.get(element) || new Set();
        if (waiting.has(rule) || element.closest("[data-attune-ignore]")) continue;
        watched.set(element, waiting.add(rule));
        stops.push(watchExposure(element, () => tell(rule, element)));
      }
  }

  let scanning = 0;
  new MutationObserver((changes) => {
    if (!scanning && changes.some((change) => change.addedNodes.length))
      scanning = requestAnimationFrame(() => {
        scanning = 0;
        scan();
      });
  }).observe(document, { childList: true, subtree: true });
  listen("click", (event) => clicked(event, event.composedPath(), Date.now()));
  listen(
    "submit",
    ({ target: form, defaultPrevented }) => {
      if (defaultPrevented && form.querySelector(":invalid,[aria-invalid=true]")) return;
      for (const rule of of("submit")) if (matches(form, rule.selector)) tell(rule, form);
    },
    false,
  );

  const self = {
    view: (...view) => guard(() => viewed(view)),
    // Another bundle has others.
    learn: (fresh) => (rules = fresh.rules || []),
  };
  self.learn(capture);
  for (const view of views) self.view(...view);
  for (const click of clicks) guard(() => clicked(...click));
  return self;
}
