// What is kept on the device: localStorage, or nothing where it is blocked.

export function openStore(site) {
  const prefix = "attune:" + site + ":";
  let area = null;
  try {
    area = localStorage;
    area.setItem(prefix, "");
    area.removeItem(prefix);
  } catch {
    area = null;
  }
  const safe = (work) => {
    try {
      return area && work();
    } catch {
      return null;
    }
  };
  const text = (name) => safe(() => area.getItem(prefix + name)) || "";
  // Nobody tells a page in the back-forward cache of changes. What was watched last goes first: who it is before what
  // they allow.
  const watched = [];
  addEventListener("pagehide", () => watched.forEach((one) => (one.before = text(one.name))));
  addEventListener("pageshow", () => watched.forEach(({ name, before, changed }) => (before ?? text(name)) !== text(name) && changed()));
  return {
    blocked: !area,
    text,
    setText: (name, text) => safe(() => (text ? area.setItem(prefix + name, text) : area.removeItem(prefix + name))),
    // Names of ours that start with `start`.
    names: (start) =>
      safe(() => Object.keys(area).filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length))) || [],
    // Another tab changed `name`.
    watch(name, changed) {
      addEventListener("storage", (event) => event.key === prefix + name && changed());
      watched.unshift({ name, changed });
    },
  };
}
