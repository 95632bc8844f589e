// Placements: marked descendants are filled in place as text and safe addresses, so nothing moves and no
// HTML is made; the default content is kept and comes back the moment it must. A placement with a `<template>` shows a list:
// one copy of it for each offer, in place of the default content.

import { watchExposure } from "./exposure.js";
import { nothing } from "../safe.js";
import { openWords } from "./words.js";

const nameOf = (element) => element.getAttribute("name") || element.dataset.attunePlacement;

// An address an offer may point to: this site's or another's over HTTP, nothing that runs.
function safe(address) {
  try {
    const url = new URL(address, location.href);
    return /^https?:$/.test(url.protocol) ? address : "";
  } catch {
    return "";
  }
}

// How many offers a placement shows at most.
const limitOf = (element) => (templateOf(element) ? Number(element.dataset.attuneLimit) || 3 : 1);
const DEFAULT = "data-attune-default";
const templateOf = (element) => [...element.children].find((child) => child.localName === "template" && !child.hasAttribute(DEFAULT));

// `selector` finds placements; `ask` gets a decision from the server; `tell` is told of what is shown.
export function placements(core, selector, record, ask, tell) {
  const words = openWords(core);
  const shown = new Map(); // element → { undo, stop }
  const settled = new WeakSet(); // Decided for this view: no late swap.
  const latest = new Map(); // element → what was told of it last, for this view
  let viewAt = 0;
  let views = 0;

  const offerFields = (decision, choice) => ({
    placement: decision.placement,
    campaign: decision.campaign || "",
    variant: decision.variant || "",
    offer: choice.id,
    decision: decision.id,
    bundle: decision.bundle,
    // Of campaigns that try their offers: what their collector learns by.
    ...(choice.propensity_micros && { propensity: choice.propensity_micros / 1e6 }),
    ...(decision.features_micros && { features: decision.features_micros.join() }),
  });

  // One copy of the template for each offer; the elements that stand for them, each with its offer.
  function list(element, template, decision, undo) {
    const before = [...element.childNodes].filter((node) => node !== template);
    const items = [];
    const copies = decision.offers.map((choice) => {
      const copy = template.content.cloneNode(true);
      const item = copy.firstElementChild;
      if (!item) return copy;
      // Marks may be on the item itself: what holds it is searched.
      fill(copy, item, decision, choice, []);
      items.push([item, choice]);
      return copy;
    });
    const added = copies.flatMap((copy) => [...copy.childNodes]);
    for (const node of before) node.remove();
    element.append(...added);
    undo.push(() => {
      for (const node of added) node.remove();
      element.append(...before);
    });
    return items;
  }

  // Fills what is marked below `element`; `owner` is what shows the offer.
  function fill(element, owner, decision, choice, undo) {
    const text = (field) => words.content(choice.id, field);
    const set = (target, name, value) => {
      const before = target.getAttribute(name);
      undo.push(() => (before === null ? target.removeAttribute(name) : target.setAttribute(name, before)));
      target.setAttribute(name, value);
    };
    for (const target of element.querySelectorAll("[data-attune-text]")) {
      const value = text(target.dataset.attuneText);
      const before = target.textContent;
      undo.push(() => (target.textContent = before));
      target.textContent = value;
    }
    for (const attribute of ["href", "src", "alt"])
      for (const target of element.querySelectorAll(`[data-attune-${attribute}]`)) {
        const value = text(target.getAttribute("data-attune-" + attribute));
        const checked = attribute === "alt" ? value : safe(value);
        if (checked) set(target, attribute, checked);
      }
    explainIn(element, decision, choice, undo);
    set(owner, "data-attune-offer", choice.id);
  }

  // "Why this?": the button appears where the campaign says a reason.
  function explainIn(element, decision, choice, undo) {
    const reason = words.reason(decision.campaign);
    const button = element.querySelector("[data-attune-why]");
    const place = element.querySelector("[data-attune-why-text]");
    if (!reason || !button || !place) return;
    const said = reason.replace("{offer}", words.content(choice.id, "title"));
    const toggle = () => {
      place.textContent = said;
      place.hidden = !place.hidden;
      button.setAttribute("aria-expanded", String(!place.hidden));
    };
    button.hidden = false;
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", toggle);
    undo.push(() => {
      button.removeEventListener("click", toggle);
      button.hidden = true;
      place.hidden = true;
      place.textContent = "";
    });
  }

  function restore(element) {
    const state = shown.get(element);
    if (!state) return;
    shown.delete(element);
    state.stop();
    for (const back of state.undo.reverse()) back();
    told(element, null, []);
  }

  // What the server printed for this placement, once: `{decision, content}` of `/v1/decide` in a block of JSON. It counts
  // if the device would be let decide, by the same bundle or not by its own; otherwise the default content comes back.
  const used = new WeakSet();
  function printed(element, name) {
    const block = element.querySelector("script[data-attune-decision]");
    if (!block || used.has(block)) return null;
    used.add(block);
    let [decision, content] = [];
    try {
      ({ decision, content } = JSON.parse(block.textContent));
      const own = JSON.parse(core.decide(name, Date.now(), 1, true) || "{}");
      const asks = own.reason === "ask_server";
      const stops = /^(paused|expired|no_consent|unknown_placement)$/.test(own.reason);
      if (decision.placement === name && !stops && (asks || own.bundle === decision.bundle)) {
        words.add(content);
        return decision;
      }
    } catch {
      // Not ours.
    }
    toDefault(element);
    return null;
  }
  function toDefault(element) {
    const kept = element.querySelector("template[" + DEFAULT + "]");
    if (kept) element.replaceChildren(kept, kept.content.cloneNode(true));
  }
  function reserve(decision) {
    const [first] = decision.offers;
    if (first)
      for (const [facet, value] of [["campaign", decision.campaign || ""], ["offer", first.id], ["placement", decision.placement]])
        core.reserve(facet, value);
  }

  function show(element) {
    const name = nameOf(element);
    settled.add(element);
    const there = printed(element, name);
    if (there) {
      reserve(there);
      return present(element, there, true);
    }
    if (performance.now() - viewAt > words.budget(name)) return;
    const limit = limitOf(element);
    const answer = core.decide(name, Date.now(), limit);
    if (!answer) return;
    const decision = JSON.parse(answer);
    if (decision.reason !== "ask_server") return present(element, decision);
    const [view, began] = [views, viewAt];
    Promise.resolve(ask(name, limit)).then((told) => {
      if (!told || view !== views || performance.now() - began > words.budget(name)) return;
      words.add(told.content);
      reserve(told);
      present(element, told);
    }, nothing);
  }

  // `filled`: by the server.
  function present(element, decision, filled) {
    const { offers, withheld } = decision;
    const undo = [];
    const stops = [];
    if (offers.length) {
      const template = templateOf(element);
      let items = [[element, offers[0]]];
      if (filled) {
        const marked = [...element.querySelectorAll("[data-attune-offer]")].map((item) => [item, offers.find(({ id }) => id === item.dataset.attuneOffer)]);
        if (marked.length) items = marked.filter(([, choice]) => choice);
        undo.push(() => toDefault(element));
      } else if (template) items = list(element, template, decision, undo);
      else fill(element, element, decision, offers[0], undo);
      for (const [item, choice] of items) {
        const fields = offerFields(decision, choice);
        const click = (event) => {
          if (event.target.closest("[data-attune-dismiss]")) {
            record("offer_dismissed", fields);
            restore(element);
          } else if (event.target.closest("a,[data-attune-href]")) record("offer_clicked", fields);
        };
        item.addEventListener("click", click);
        undo.push(() => item.removeEventListener("click", click));
        stops.push(watchExposure(item, () => record("offer_exposed", fields)));
      }
    }
    for (const choice of withheld) {
      const fields = offerFields(decision, choice);
      stops.push(watchExposure(element, () => record("offer_withheld", fields)));
    }
    if (stops.length) shown.set(element, { undo, stop: () => stops.forEach((stop) => stop()) });
    told(element, decision, offers.map(({ id }) => ({ id, content: words.all(id) })));
  }

  function told(element, decision, offers) {
    const news = { placement: nameOf(element), element, offers, decision };
    latest.set(element, news);
    tell(news);
  }

  function decideAll() {
    for (const element of document.querySelectorAll(selector)) if (!settled.has(element)) show(element);
  }

  const self = {
    // A new view: every placement is decided afresh.
    view(startedAt) {
      viewAt = startedAt;
      views++;
      core.release();
      for (const element of document.querySelectorAll(selector)) {
        restore(element);
        settled.delete(element);
      }
      latest.clear();
      decideAll();
    },
    // Placements that the page added are decided when they appear.
    scan() {
      viewAt = performance.now();
      decideAll();
    },
    tellAgain: (listener) => latest.forEach((news) => listener(news)),
    // There is another bundle.
    learn: words.learn,
    // What an offer is called, and why the campaign says it is shown.
    title: (offer) => words.content(offer, "title"),
    reason: ({ campaign, offers }) => words.reason(campaign).replace("{offer}", () => words.content(offers[0].id, "title")),
    restoreAll() {
      views++; // What the server still says comes too late.
      for (const element of [...shown.keys()]) restore(element);
      core.release();
    },
    // Another bundle arrived: what is shown stays, unless the site was switched off.
    recheck() {
      const [element] = shown.keys();
      if (element && JSON.parse(core.decide(nameOf(element), Date.now(), 1, true) || "{}").reason === "paused")
        self.restoreAll();
    },
  };
  return self;
}
