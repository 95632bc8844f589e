// Why a placement shows what it shows. Loaded when `attune.explain` is called: visitors' pages never do.

import { coreOf } from "../core.js";

export { explainLevel } from "./level.js";

// With a `language` in sentences; `wasm` makes an instance of a module.
export async function explain(wasm, profile, payload, question, language = "") {
  const { instance } = await wasm(__WASM__);
  const core = coreOf(instance.exports);
  core.open(profile);
  core.install(payload);
  core.tellIn(language);
  const steps = JSON.parse(core.explain(question));
  const told = ([sentence, subject, micros]) => sentence.replace("{#}", () => micros / 1e6).replace("{}", () => subject);
  return language ? steps.map(told) : steps;
}
