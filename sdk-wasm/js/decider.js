// What is learnt and decided, in Wasm, which is loaded only where something is decided. Until then the device keeps
// what the profile will learn.

import { toBytes } from "./bytes.js";
import { guard, nothing } from "./safe.js";

const MOST = 200; // Events kept for the profile; so many are a reason to load what learns them.

// Whether this browser and the page's policy let Wasm run: the smallest module there is.
export const runsWasm = () => guard(() => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));

// `instantiate` makes an instance of the Wasm module, or of the one that also scores models; `open` gives what speaks to it
// (`coreOf`) and what seals profiles (`vault`); `witnessed` gives the core, or one that leaves receipts.
export function openDecider(store, who, consent, instantiate, open, witnessed = (core) => core) {
  let core = null; // Once it knows bundle and profile.
  let loading = null;
  let payload = null;
  let view = [];
  let fresh = []; // Name, time, session and fields of what no profile has learnt.
  let missing = false; // There is no bundle: nobody waits for one.
  let [installed, failed, installing] = [];
  const wait = () => {
    installing = new Promise((done, fail) => ([installed, failed] = [done, fail]));
    installing.catch(nothing);
  };
  wait();

  let vault = null;
  let last = ""; // The sealed profile as this page knows it.
  let fate = 0; // Rises when everything is forgotten.
  let pending = []; // What the core has learnt and no sealed profile holds.
  let noted = null; // Those of them that were put into the store as they are, because the page was about to end.
  let keeping = false;
  let again = false;

  const stored = () => guard(() => JSON.parse(store.text("learn") || "[]")) || [];

  function tell() {
    core.consent(consent.bits());
    if (core.visitor() !== who.visitor()) core.reset(toBytes(who.visitor()));
    core.identify(who.user());
  }

  function apply(event) {
    const [name, at, session, fields] = event;
    core.touch(toBytes(session), at);
    core.give(fields);
    core.apply(name, at);
    pending.push(event);
  }

  // Takes over what another tab has stored since.
  async function meet() {
    const text = store.text("profile");
    if (text === last) return;
    const profile = await vault.open(text);
    last = text;
    core.adopt(profile);
  }

  // Sealing takes a moment: what changes meanwhile is kept next.
  async function keep() {
    again = true;
    if (keeping) return;
    keeping = true;
    try {
      while (again) {
        again = false;
        await meet();
        const [then, many] = [fate, pending.length];
        const sealed = await vault.seal(core.profile());
        if (then !== fate || !consent.personalises()) break;
        store.setText("profile", (last = sealed));
        pending = pending.slice(many);
        if (noted) {
          const ours = new Set(noted.map((event) => JSON.stringify(event)));
          const others = stored().filter((event) => !ours.has(JSON.stringify(event)));
          store.setText("learn", others.length ? JSON.stringify(others) : "");
          noted = null;
        }
      }
    } finally {
      keeping = false;
    }
  }

  // The module is fetched before the bundle has said whether it holds models (see `Bundle` in schema/src/bundle.rs): the
  // one that the last bundle needed.
  async function load() {
    const models = store.text("models");
    const text = store.text("profile");
    let [{ instance }, opened] = await Promise.all([instantiate(models), open(), installing]);
    vault = opened.vault;
    const needed = payload[3] > 1;
    if (needed && !models) ({ instance } = await instantiate(1));
    store.setText("models", needed && 1);
    const profile = await vault.open(text);
    last = text;
    core = await witnessed(opened.coreOf(instance.exports));
    core.open(profile);
    core.install(payload);
    tell();
    for (const event of [...stored(), ...fresh]) apply(event);
    fresh = [];
    store.setText("learn", "");
    core.give(view);
    core.page();
    return core;
  }

  const self = {
    // Null until it was loaded.
    core: () => core,
    // The core, once there is a bundle; fails where there is none, and where Wasm does not run.
    load: () => (missing ? Promise.reject() : (loading = loading || load())),
    // No bundle could be had or verified, for now.
    without() {
      missing = true;
      loading = null;
      failed();
      wait();
    },
    install(bytes) {
      missing = false;
      payload = bytes;
      if (core) core.install(payload);
      installed();
    },
    payload: () => payload,
    // Once the profile is as other pages left it.
    meet: async () => core && meet().catch(nothing),
    // For the server: the context, and the core or what it would have learnt.
    known: () => ({ core, view, events: [...stored(), ...fresh] }),
    // Context of this page's decisions.
    page(values) {
      view = values;
      if (!core) return;
      core.give(view);
      core.page();
    },
    learn({ name, at, session, fields }) {
      if (!consent.personalises()) return;
      const event = [name, at, session, fields];
      if (core) apply(event);
      else if (fresh.push(event) >= MOST) self.load().catch(nothing);
    },
    // Consent, visitor or user changed.
    changed() {
      if (!consent.personalises()) self.forget();
      if (core) tell();
    },
    forget() {
      fate++;
      fresh = pending = [];
      noted = null;
      last = "";
      if (vault) vault.forget().catch(nothing);
      store.setText("learn", "");
      store.setText("profile", "");
      if (core) core.erase();
    },
    // The page may end: what no sealed profile holds yet waits for the next one.
    leave() {
      if (!core || !pending.length || !consent.personalises()) return;
      const others = noted ? [] : stored();
      noted = pending;
      store.setText("learn", JSON.stringify([...others, ...pending].slice(-MOST)));
    },
    save() {
      if (!consent.personalises()) return;
      if (core) return keep().catch(nothing);
      if (!fresh.length) return;
      // Other tabs add to it, too.
      const all = [...stored(), ...fresh].slice(-MOST);
      store.setText("learn", JSON.stringify(all));
      fresh = [];
      if (all.length >= MOST) self.load().catch(nothing);
    },
  };
  store.watch("profile", self.meet);
  return self;
}
