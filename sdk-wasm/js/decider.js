// What is learnt and decided, in Wasm, which is loaded only where something is decided. Until then the device keeps
// what the profile will learn.

import { toBytes, toText } from "./bytes.js";
import { coreOf } from "./core.js";
import { nothing } from "./safe.js";

const MOST = 200; // Events kept for the profile; so many are a reason to load what learns them.

// Whether this browser and the page's policy let Wasm run: the smallest module there is.
export function runsWasm() {
  try {
    return !!new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  } catch {
    return false;
  }
}

// `instantiate` makes an instance of the Wasm module, or of the one that also scores models.
export function openDecider(store, who, consent, instantiate) {
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

  const kept = () => toBytes(store.text("profile"));
  const stored = () => {
    try {
      return JSON.parse(store.text("learn") || "[]");
    } catch {
      return [];
    }
  };

  function tell() {
    core.consent(consent.bits());
    if (core.visitor() !== who.visitor()) core.reset(toBytes(who.visitor()));
    core.identify(who.user());
  }

  function apply([name, at, session, fields]) {
    core.touch(toBytes(session), at);
    core.give(fields);
    core.apply(name, at);
  }

  // The module is fetched before the bundle has said whether it holds models (see `Bundle` in schema/src/bundle.rs): the
  // one that the last bundle needed.
  async function load() {
    const models = store.text("models");
    let [{ instance }] = await Promise.all([instantiate(models), installing]);
    const needed = payload[3] > 1;
    if (needed && !models) ({ instance } = await instantiate(1));
    store.setText("models", needed && 1);
    core = coreOf(instance.exports);
    core.open(kept());
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
      fresh = [];
      store.setText("learn", "");
      store.setText("profile", "");
      if (core) core.erase();
    },
    save() {
      if (!consent.personalises()) return;
      if (core) return store.setText("profile", toText(core.profile()));
      if (!fresh.length) return;
      // Other tabs add to it, too.
      const all = [...stored(), ...fresh].slice(-MOST);
      store.setText("learn", JSON.stringify(all));
      fresh = [];
      if (all.length >= MOST) self.load().catch(nothing);
    },
  };
  store.watch("profile", () => core && core.adopt(kept()));
  return self;
}
