// Why a placement shows what it shows. Loaded when `attune.explain` is called: visitors' pages never do.

import { coreOf } from "../core.js";

export async function explain(base, profile, payload, question) {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(base + "sdk/" + __WASM__));
  const core = coreOf(instance.exports);
  core.open(profile);
  core.install(payload);
  return JSON.parse(core.explain(question));
}
