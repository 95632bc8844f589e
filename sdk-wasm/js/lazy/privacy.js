// The visitor's own page: what is known, what was decided and why, and switches. Elements and texts only, with classes
// that the host page styles; nothing of it needs the network but the reasons' details.

import { toBytes } from "../bytes.js";
import { guard } from "../safe.js";
import { readProfile } from "./profile.js";

const WORDS = {
  en: {
    choices: "Your choices", measure: "Measure how this site is used", personalise: "Show content that fits me",
    share: "Pass data on to others", gpc: "Your browser asks not to share (Global Privacy Control).",
    known: "What is known on this device", nothing: "Nothing.", user: "Signed in as", sessions: "Visits", waiting: "Events not sent yet",
    times: (count, when) => `${count} ×, last ${when}`, interest: "Interest in", attribute: "Attribute",
    decided: "What is shown to you, and why", fallback: "What everybody sees.", why: "Why?", offline: "Details need the network.",
    download: "Download my data", forget: "Forget me", sure: "Yes, forget everything", forgotten: "Everything on this device is forgotten.",
  },
  ko: {
    choices: "내 선택", measure: "이용 현황 측정 허용", personalise: "나에게 맞는 콘텐츠 표시", share: "제3자 제공 허용",
    gpc: "브라우저가 제3자 제공을 원하지 않음을 알리고 있습니다(Global Privacy Control).",
    known: "이 기기에 저장된 정보", nothing: "없습니다.", user: "로그인 아이디", sessions: "방문 횟수", waiting: "아직 전송되지 않은 이벤트",
    times: (count, when) => `${count}회, 마지막 ${when}`, interest: "관심 분야", attribute: "속성",
    decided: "표시되는 콘텐츠와 이유", fallback: "모든 방문자에게 같은 내용이 표시됩니다.", why: "이유 보기", offline: "자세한 이유는 네트워크 연결이 필요합니다.",
    download: "내 정보 내려받기", forget: "내 정보 삭제", sure: "예, 모두 삭제합니다", forgotten: "이 기기의 정보를 모두 삭제했습니다.",
  },
};

// An element with a class of ours, text or children.
function make(tag, name, ...content) {
  const element = document.createElement(tag);
  if (name) element.className = "attune-privacy-" + name;
  element.append(...content);
  return element;
}

// Fills `element` and keeps it current. `page` is what main.js put together; `selector` finds placements.
export function showPrivacy(element, page, selector) {
  const { api, consent, decider, queue, who } = page;
  const language = (element.closest("[lang]") || document.documentElement).lang || navigator.language || "en";
  const say = WORDS[language.split("-")[0]] || WORDS.en;
  const time = (at) => new Date(at).toLocaleString(language);
  const part = (name, ...content) => make("section", name, make("h2", "", say[name]), ...content);

  function known() {
    const core = decider.core();
    const { events } = decider.known();
    const profile = core ? readProfile(core.profile()) : null;
    const counters = profile ? profile.counters : counted(events);
    return { user: who.user() || null, visitor: who.visitor(), consent: consent.get(), profile: profile && { ...profile, counters }, counters, waiting: queue.first(1_000) };
  }
  // Where nothing has been decided yet the events are still by themselves.
  function counted(events) {
    const names = new Map();
    for (const [name, at] of events) {
      const { total = 0 } = names.get(name) || {};
      names.set(name, { name, facet: null, total: total + 1, last: at });
    }
    return [...names.values()];
  }

  function choices() {
    const list = make("ul", "switches");
    for (const purpose of ["measure", "personalise", "share"]) {
      const box = make("input");
      box.type = "checkbox";
      box.name = purpose;
      box.checked = { measure: consent.measures, personalise: consent.personalises, share: consent.shares }[purpose]();
      box.disabled = purpose === "share" && !!navigator.globalPrivacyControl;
      box.addEventListener("change", () => consent.set({ [purpose]: box.checked }));
      list.append(make("li", "", make("label", "", box, " ", say[purpose])));
    }
    return part("choices", list, ...(navigator.globalPrivacyControl ? [make("p", "", say.gpc)] : []));
  }

  function facts() {
    const { user, profile, counters, waiting } = known();
    const list = make("dl", "facts");
    const fact = (name, value) => list.append(make("dt", "", name), make("dd", "", String(value)));
    if (user) fact(say.user, user);
    if (profile && profile.sessions) fact(say.sessions, profile.sessions);
    for (const { name, facet, total, last } of counters) fact(facet ? `${name}: ${facet[1]}` : name, say.times(total, time(last)));
    if (profile) {
      for (const { category, points } of profile.interests) fact(`${say.interest} ${category}`, points.toFixed(1));
      for (const [name, value] of Object.entries(profile.attributes)) fact(`${say.attribute} ${name}`, value);
    }
    if (waiting.length) fact(say.waiting, waiting.length);
    return part("known", list.firstChild ? list : make("p", "", say.nothing));
  }

  // One entry for each placement of this page.
  async function decisions() {
    const names = new Set([...document.querySelectorAll(selector)].map((place) => place.getAttribute("name") || place.dataset.attunePlacement));
    const section = part("decided");
    for (const name of names) {
      const decision = await api.peek(name);
      const places = page.places();
      const [offer] = (decision && decision.offers) || [];
      const reason = offer && places ? places.reason(decision) : "";
      const steps = make("ul", "steps");
      steps.hidden = true;
      const why = make("button", "why", say.why);
      why.type = "button";
      why.setAttribute("aria-expanded", "false");
      why.addEventListener("click", async () => {
        if (!steps.firstChild) {
          const told = await api.explain(name, { language });
          steps.append(...(told && told.length ? told : [say.offline]).map((sentence) => make("li", "", sentence)));
        }
        steps.hidden = !steps.hidden;
        why.setAttribute("aria-expanded", String(!steps.hidden));
      });
      const shown = offer ? (places && places.title(offer.id)) || offer.id : say.fallback;
      section.append(make("div", "decision", make("h3", "", name), make("p", "shown", shown), ...(reason ? [make("p", "reason", reason)] : []), why, steps));
    }
    return names.size ? section : "";
  }

  // A file of everything, made here.
  function download() {
    const { visitor, counters, ...rest } = known();
    const id = [...toBytes(visitor)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const text = JSON.stringify({ visitor: id, ...rest, counters: rest.profile ? undefined : counters }, null, 2);
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "attune.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  let gone = false;
  function actions() {
    const button = (name, act) => {
      const it = make("button", name, say[name]);
      it.type = "button";
      it.addEventListener("click", () => guard(act));
      return it;
    };
    const forget = button("forget", () =>
      forget.replaceWith(
        button("sure", () => {
          gone = true;
          api.forget();
          show();
        }),
      ),
    );
    const status = make("p", "status", gone ? say.forgotten : "");
    status.setAttribute("role", "status");
    gone = false;
    return make("div", "actions", button("download", download), " ", forget, status);
  }

  let turn = 0;
  async function show() {
    const mine = ++turn;
    const decided = await decisions();
    if (mine === turn) element.replaceChildren(choices(), facts(), decided, actions());
  }
  page.listeners.push(["consent", show]);
  return show();
}
