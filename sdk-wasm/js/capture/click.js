// Clicks: one listener for the whole document, through shadow roots.

import { guard, listen, nothing } from "../safe.js";

const TARGETS = "a,button,summary,[role=button],input[type=submit],[data-attune-event]";
const PREFIX = "attuneProp";
const FILE = /\.(pdf|zip|csv|docx?|xlsx?|pptx?|hwpx?|apk|dmg|exe|mp3|mp4|ics)$/i;
// Impatience: so many clicks, each so soon after and so near the one before.
const RAGE = 3;
const RAGE_MS = 1_000;
const RAGE_PX = 30;
// Nothing happened for so long: the click was in vain.
const DEAD_MS = 2_500;

// The nearest of `path` that matches, innermost first.
const nearest = (path, selector) => path.find((node) => node.matches && node.matches(selector));

// What is said of an element: never what somebody typed, and text only where it is not masked.
function described(path, element) {
  const fields = { tag: element.localName };
  if (element.id) fields.id = element.id;
  if (!nearest(path, "[data-attune-mask]") && !/^(input|select|textarea)$/.test(fields.tag) && !element.isContentEditable)
    fields.text = shortText(element);
  return fields;
}

// The first 64 characters; a large part of the page is not walked through for them.
function shortText(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = "";
  while (text.length < 64 && walker.nextNode()) text += " " + walker.currentNode.data.trim();
  return text.trim().replace(/\s+/g, " ").slice(0, 64);
}

// `early` are the clicks that the loader saw: event, path and time. `base` is where our own requests go.
export function watchClicks(record, base, early = []) {
  let streak = 0;
  let last = { x: 0, y: 0, at: 0 };
  let alive = nothing;

  function clicked(event, path, at) {
    if (nearest(path, "[data-attune-ignore]")) return;
    const element = nearest(path, TARGETS);
    if (element) activated(path, element, at);
    const { clientX: x, clientY: y, detail } = event;
    // The keyboard clicks as well, and has no place.
    const near = detail && at - last.at < RAGE_MS && Math.hypot(x - last.x, y - last.y) < RAGE_PX;
    streak = near ? streak + 1 : 1;
    last = { x, y, at };
    const target = element || path[0];
    if (streak === RAGE && target.localName) record("rage_clicked", described(path, target), at);
    if (element && streak === 1) expect(path, element);
  }

  function activated(path, element, at) {
    const data = element.dataset || {};
    const fields = described(path, element);
    if (element.href) {
      const url = new URL(element.href.baseVal || element.href, location.href);
      const outbound = url.origin !== location.origin;
      fields.href = outbound ? url.host + url.pathname : url.pathname;
      if (outbound) fields.outbound = true;
      if (element.hasAttribute("download") || FILE.test(url.pathname)) fields.download = true;
    }
    const declared = {};
    for (const name in data)
      if (name.startsWith(PREFIX) && name.length > PREFIX.length)
        declared[name.slice(PREFIX.length).replace(/[A-Z]/g, (c, at) => (at ? "_" : "") + c.toLowerCase())] = data[name];
    record(data.attuneEvent || "element_clicked", fields, at, declared);
  }

  // A button, or a link that leads nowhere, after which nothing changes, is sent, loaded or scrolled.
  function expect(path, element) {
    alive();
    const link = element.closest("a[href]");
    if (link && !/^(#|javascript:)/.test(link.getAttribute("href"))) return;
    const fields = described(path, element);
    const changes = new MutationObserver(() => alive());
    const requests = new PerformanceObserver((list) => list.getEntries().some(({ name }) => !name.startsWith(base)) && alive());
    const timer = setTimeout(() => {
      alive();
      if (getSelection().isCollapsed) record("dead_clicked", fields);
    }, DEAD_MS);
    const over = new AbortController();
    alive = () => {
      clearTimeout(timer);
      changes.disconnect();
      requests.disconnect();
      over.abort();
      alive = nothing;
    };
    // Where a page was before the click it may still be said to have scrolled to.
    const stood = scrollY;
    const options = { capture: true, passive: true, signal: over.signal };
    listen("scroll", ({ target }) => (target !== document || scrollY !== stood) && alive(), options);
    for (const name of ["submit", "change", "toggle", "visibilitychange", "pagehide", "blur"]) listen(name, () => alive(), options);
    // Of the document, and of the shadow trees that the click came through: nobody sees into those from outside.
    for (const node of path)
      if (node.nodeType > 8) changes.observe(node, { subtree: true, childList: true, attributes: true, characterData: true });
    requests.observe({ type: "resource" });
  }

  for (const seen of early) guard(() => clicked(...seen));
  listen("click", (event) => clicked(event, event.composedPath(), Date.now()));
}
