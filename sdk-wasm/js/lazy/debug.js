// The debugger: what happens in this page and why, for people who work on the site. Loaded for whoever brings a token
// that the collector vouches for; visitors' pages never do. In a shadow root of its own, of elements and texts only.

import { uuidText } from "../bytes.js";
import { needed } from "../level.js";
import { guard } from "../safe.js";
import { explainLevel } from "./level.js";
import { readProfile } from "./profile.js";
import { styled } from "./debug/style.js";
import { wordsOf } from "./debug/words.js";

const KEPT = "attune:debug";
const MOST = 300; // Events and requests that are kept to look at.
const SOON_MS = 200;
const AGAIN_MS = 1_000; // What is sent says so nowhere.
const TABS = ["events", "decisions", "visitor", "network"];
const PURPOSES = { measure: "measures", personalise: "personalises", share: "shares" };
const PLACEMENTS = "attune-placement[name],[data-attune-placement]";

// An element with a class, text or children; without what is nothing.
function make(tag, name, ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...content.filter((one) => one !== "" && one !== null && one !== undefined).map((one) => (one instanceof Node ? one : String(one))));
  return element;
}
const nameOf = (element) => element.getAttribute("name") || element.dataset.attunePlacement;

// How long the collector lets the holder of `token` look, in milliseconds since 1970; 0 not at all.
async function allowed({ base, site }, token) {
  const response = await fetch(base + "v1/debug", { method: "POST", body: JSON.stringify({ site, token }), credentials: "omit" });
  return response.ok ? (await response.json()).until : 0;
}

let open = false;

// `page` is what main.js put together; `before` gets every event as it is captured, and had those so far.
export async function debug(page, token, before) {
  const until = await allowed(page, token).catch(() => 0);
  if (!(until > Date.now())) {
    guard(() => sessionStorage.removeItem(KEPT));
    return false;
  }
  guard(() => sessionStorage.setItem(KEPT, token));
  if (!open) show(page, until, before);
  return (open = true);
}

function show(page, until, captured) {
  const { api, base, consent, decider, levels, queue, site, store, who } = page;
  const language = document.documentElement.lang || navigator.language || "en";
  const say = wordsOf(language);
  const time = (at) => new Date(at).toLocaleTimeString(language, { hour12: false });

  const shown = new Map(); // Placement → what it shows.
  const requests = [];
  const unfolded = new Set(); // Keys of rows that were opened.
  let tab = TABS[0];

  const host = make("attune-debugger");
  host.setAttribute("data-attune-ignore", "");
  const root = host.attachShadow({ mode: "open" });
  guard(() => styled(root));

  const button = (name, label, act) => {
    const it = make("button", name, label);
    it.type = "button";
    it.addEventListener("click", () => guard(act));
    return it;
  };
  const row = (key, summary, body) => {
    const it = make("details", "row", make("summary", "", ...summary), body);
    it.open = unfolded.has(key);
    it.addEventListener("toggle", () => (it.open ? unfolded.add(key) : unfolded.delete(key)));
    return it;
  };
  const fields = (entries) => make("dl", "fields", ...entries.flatMap(([name, value, cut]) => [make("dt", "", name), make("dd", cut ? "cut" : "", value)]));

  // What became of an event, and why.
  function fate({ entered, name, at, here }) {
    const { level } = levels.at(here);
    const least = needed(name);
    if (!entered) return ["bad", level < least ? say.needs(least, level) : consent.measures() || consent.personalises() ? say.badName : say.unanswered];
    if (level < least) return ["warn", say.early];
    if (!consent.measures()) return consent.personalises() ? ["warn", say.device] : ["warn", say.unanswered];
    return queue.first(Infinity).some((one) => one.name === name && one.at === at) ? ["warn", say.waiting] : ["good", say.sent];
  }

  function events() {
    captured.splice(0, captured.length - MOST);
    const rows = captured.map((event, index) => {
      const { name, at, page: seen, own, declared, here } = event;
      const { level } = levels.at(here);
      const [kind, told] = fate(event);
      const removed = Object.entries(own).filter(([field]) => field.startsWith("redacted_"));
      const chips = removed.map(([field, count]) => make("span", "chip warn", say.removed(count, field.slice("redacted_".length).replaceAll("_", " "))));
      const entries = [...Object.entries(own), ...Object.entries(declared).map((entry) => [...entry, level < 5])];
      if (level < 5 && Object.keys(declared).length) chips.push(make("span", "chip dim", say.cut(level)));
      const body = fields([["url", seen[0]], ["title", seen[1]], ["referrer", seen[2]], ...entries].filter(([, value]) => value !== "" && value !== undefined));
      return row(`${name} ${at} ${index}`, [make("span", "name", name), make("span", "chip", `L${needed(name)}`), make("span", `chip ${kind}`, told), ...chips, make("time", "", time(at))], body);
    });
    return rows.length ? rows.reverse() : [make("p", "dim", say.nothing)];
  }

  async function decisions() {
    const names = [...new Set([...document.querySelectorAll(PLACEMENTS)].map(nameOf))];
    const cards = names.map(async (name) => {
      const [decision, steps] = await Promise.all([api.peek(name), api.explain(name, { language })]);
      const there = shown.get(name);
      const offers = there ? there.offers : [];
      const { campaign, variant, reason, withheld = [], bundle, id, content } = (there && there.decision) || decision || {};
      const lines = [["campaign", campaign], ["variant", variant], ["decision", id], ["bundle", bundle], [say.now, decision && [decision.reason, ...decision.offers.map(({ id }) => id)].join(", ")]];
      const told = steps && steps.length ? make("ol", "", ...steps.map((step) => make("li", "", step))) : make("p", "dim", say.unexplained);
      return make(
        "section", "card",
        make("header", "", make("h2", "", name), make("span", `chip ${offers.length ? "good" : "dim"}`, reason || say.none), content ? make("span", "chip", say.server) : ""),
        make("p", "shown", offers.map(({ id, content }) => content.title || id).join(", ") || say.default),
        withheld.length ? make("p", "warn", `${withheld.map(({ id }) => id).join(", ")}: ${say.withheld}`) : "",
        fields(lines.filter(([, value]) => value)),
        row(`why ${name}`, [say.steps], told),
      );
    });
    return cards.length ? Promise.all(cards) : [make("p", "dim", say.noPlacements)];
  }

  function visitor() {
    const core = decider.core();
    const profile = core ? readProfile(core.profile()) : null;
    const ids = [["visitor", uuidText(who.visitor())], [say.user, who.user() || say.none], [say.session, uuidText((who.stored() || {}).session || "") || say.none]];
    const parts = [make("h2", "", say.ids), fields(ids)];
    const part = (name, entries) => parts.push(make("h2", "", say[name]), entries.length ? fields(entries) : make("p", "dim", say.nothing));
    if (!profile) {
      const { events } = decider.known();
      return [...parts, make("h2", "", say.counters), make("p", "dim", say.later), fields(events.map(([name, at]) => [name, time(at)]))];
    }
    part("attributes", Object.entries(profile.attributes));
    const most = Math.max(...profile.interests.map(({ points }) => points), 1e-9);
    part("interests", profile.interests.map(({ category, points }) => {
      const bar = make("progress", "bar");
      [bar.max, bar.value] = [1, points / most];
      return [category, make("span", "", points.toFixed(2), bar)];
    }));
    part("counters", profile.counters.map(({ name, facet, total, last }) => [facet ? `${name} · ${facet.join(" ")}` : name, say.times(total, time(last))]));
    return parts;
  }

  function network() {
    const count = queue.waiting();
    const send = button("", say.send, () => page.flush());
    send.disabled = !count;
    const rows = requests.map(({ name, startTime, duration, transferSize, responseStatus, events }) => {
      const told = events ? [say.delivered(events)] : [responseStatus || "·", `${Math.round(duration)} ms`, say.bytes(transferSize)];
      return [name.slice(base.length).split("?")[0], [...told, time(performance.timeOrigin + startTime)].join("  ")];
    });
    const kept = store.names("").map((name) => [name, say.characters(store.text(name).length)]);
    return [make("div", "line", make("span", count ? "warn" : "good", say.waits(count)), send), make("h2", "", say.requests), rows.length ? fields(rows.reverse()) : make("p", "dim", say.nothing), make("h2", "", say.stored), fields(kept)];
  }
  const views = { events, decisions, visitor, network };

  // Consent, level and mode: always in sight.
  const facts = make("dl", "facts");
  function state() {
    const { level, by, rule } = explainLevel(page);
    const where = rule ? [rule.path, rule.category, rule.scheme].filter(Boolean).join(" ") || "*" : "";
    const answers = consent.get();
    const { mode = "…", why = "" } = window.attune;
    const chip = ([purpose, allows]) => {
      const yes = consent[allows]();
      const from = purpose === "share" && navigator.globalPrivacyControl ? say.gpc : typeof answers[purpose] === "boolean" ? say.answered : say.presumed;
      return [make("span", `chip ${yes ? "good" : "bad"}`, `${say[purpose]}: ${yes ? say.yes : say.no} (${from})`), " "];
    };
    panel.classList.remove("lite", "off");
    if (mode !== "full") panel.classList.add(mode === "off" ? "off" : "lite");
    facts.replaceChildren(
      make("dt", "", say.mode), make("dd", "", mode, why && ` · ${why}`, ` · ${site}`),
      make("dt", "", say.level), make("dd", "", `L${level} · ${say.by[by]} ${where}`),
      make("dt", "", say.consent), make("dd", "", ...Object.entries(PURPOSES).flatMap(chip)),
    );
  }

  const body = make("div");
  body.setAttribute("role", "tabpanel");
  body.tabIndex = 0;
  const tabs = TABS.map((name) => {
    const it = button("", say[name], () => choose(name));
    it.setAttribute("role", "tab");
    return it;
  });
  const list = make("div", "", ...tabs);
  list.setAttribute("role", "tablist");
  list.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    choose(TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]);
    tabs[TABS.indexOf(tab)].focus();
  });
  const fold = button("icon", "–", () => {
    const small = panel.classList.toggle("small");
    fold.textContent = small ? "+" : "–";
    fold.setAttribute("aria-label", small ? say.larger : say.smaller);
  });
  fold.setAttribute("aria-label", say.smaller);
  const shut = button("icon", "×", close);
  shut.setAttribute("aria-label", say.close);
  const panel = make("section", "panel", make("header", "", make("h1", "", say.title), make("span", "until", say.until(time(until))), fold, shut), facts, list, body);
  panel.setAttribute("aria-label", say.title);
  panel.lang = say === wordsOf("ko") ? "ko" : "en";
  root.append(panel);

  let turn = 0;
  async function draw() {
    const mine = ++turn;
    store.setText("debug", "1"); // Pages that follow look for the token; again, because forgetting forgets it.
    state();
    const parts = await views[tab]();
    if (mine !== turn || !open) return;
    const at = body.scrollTop;
    body.replaceChildren(...parts);
    body.scrollTop = at;
  }
  function choose(name) {
    tab = name;
    tabs.forEach((it, index) => {
      it.setAttribute("aria-selected", String(TABS[index] === name));
      it.tabIndex = TABS[index] === name ? 0 : -1;
    });
    draw();
  }
  let drawing = 0;
  const soon = () => {
    drawing = drawing || setTimeout(() => ((drawing = 0), open && guard(draw)), SOON_MS);
  };

  const requested = (entry) => {
    if (entry.name.startsWith(base) && requests.push(entry) > MOST) requests.shift();
    if (tab === "network") soon(); // Explanations are requests themselves.
  };
  const observer = new PerformanceObserver((entries) => entries.getEntries().forEach(requested));
  // Browsers do not tell of requests that outlive their page.
  const { done } = queue;
  queue.done = (some) => {
    requested({ name: base + "v1/batch", startTime: performance.now(), events: some.length });
    done(some);
  };
  observer.observe({ type: "resource", buffered: true });
  const hear = (name, act = soon) => page.listeners.push([name, act]);
  hear("captured");
  hear("consent");
  hear("ready");
  hear("placement", ({ placement, offers, decision }) => {
    shown.set(placement, { offers, decision });
    soon();
  });
  // What stood there before says only which offers.
  for (const element of document.querySelectorAll(PLACEMENTS)) {
    const marked = [element, ...element.querySelectorAll("[data-attune-offer]")].map((one) => one.dataset.attuneOffer).filter(Boolean);
    if (marked.length) shown.set(nameOf(element), { offers: [...new Set(marked)].map((id) => ({ id, content: { title: titleOf(id) } })), decision: null });
  }
  function titleOf(id) {
    const places = page.places();
    return (places && places.title(id)) || id;
  }
  const clock = setInterval(() => {
    if (Date.now() >= until) close();
    // Explanations are asked for when something happens.
    else if (tab === "events" || tab === "network") soon();
  }, AGAIN_MS);

  function close() {
    open = false;
    clearInterval(clock);
    observer.disconnect();
    queue.done = done;
    host.remove();
    guard(() => sessionStorage.removeItem(KEPT));
  }

  document.documentElement.append(host);
  open = true;
  choose(tab);
}
