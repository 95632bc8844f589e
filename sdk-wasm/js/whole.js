// What esbuild puts into the tag that has everything in it, by name: see tag/loader.js.

export { start as SDK } from "./main.js";
