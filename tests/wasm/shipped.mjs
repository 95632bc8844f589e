// The very module that pages load, and the JavaScript beside it before it was bundled.
//
// Needs `cargo xtask web sdk`.
import { readFile, readdir } from "node:fs/promises";

export const target = new URL("../../target/", import.meta.url);
const shipped = new URL("web/sdk/", target);
const names = await readdir(shipped);

export const script = (name) => import(new URL(`web-stage/sdk/${name}`, target));

const modules = {};

// The shipped module whose name starts with `name`, as `WebAssembly.instantiateStreaming` gives it.
export async function load(name) {
  const file = names.find((one) => one.startsWith(name) && one.endsWith(".wasm"));
  modules[file] ??= WebAssembly.compile(await readFile(new URL(file, shipped)));
  const module = await modules[file];
  return { module, instance: await WebAssembly.instantiate(module) };
}

// A fresh instance of it.
export async function instantiate(name) {
  const { coreOf } = await script("core.js");
  return coreOf((await load(name)).instance.exports);
}

// Needs `cargo run -p attune-tests --bin spec-vectors > target/spec-vectors.json`.
export const vectors = JSON.parse(await readFile(new URL("spec-vectors.json", target)));
