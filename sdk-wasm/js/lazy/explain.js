// Why a placement shows what it shows. Loaded when `attune.explain` is called: visitors' pages never do.

import { coreOf } from "../core.js";

// With a `language` in sentences.
export async function explain(base, profile, payload, question, language = "") {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(base + "sdk/" + __WASM__));
  const core = coreOf(instance.exports);
  core.open(profile);
  core.install(payload);
  core.tellIn(language);
  const steps = JSON.parse(core.explain(question));
  const told = ([sentence, subject, micros]) => sentence.replace("{#}", () => micros / 1e6).replace("{}", () => subject);
  return language ? steps.map(told) : steps;
}
