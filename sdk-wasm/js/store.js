// What is kept on the device: localStorage, or nothing where it is blocked.

import { guard } from "./safe.js";

export function openStore(site) {
  const prefix = "attune:" + site + ":";
  const area = guard(() => {
    localStorage.setItem(prefix, "");
    localStorage.removeItem(prefix);
    return localStorage;
  });
  const safe = (work) => guard(() => area && work());
  const text = (name) => safe(() => area.getItem(prefix + name)) || "";
  // Nobody tells a page in the back-forward cache of changes. What was watched last goes first: who it is before what
  // they allow.
  const watched = [];
  addEventListener("pagehide", () => watched.forEach((one) => (one.before = text(one.name))));
  addEventListener("pageshow", () => watched.forEach(({ name, before, changed }) => (before ?? text(name)) !== text(name) && changed()));
  addEventListener("storage", ({ key }) => watched.forEach(({ name, changed }) => key === prefix + name && changed()));
  return {
    blocked: !area,
    text,
    setText: (name, text) => safe(() => (text ? area.setItem(prefix + name, text) : area.removeItem(prefix + name))),
    // Names of ours that start with `start`.
    names: (start) =>
      safe(() => Object.keys(area).filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length))) || [],
    // Another tab changed `name`.
    watch: (name, changed) => watched.unshift({ name, changed }),
  };
}
