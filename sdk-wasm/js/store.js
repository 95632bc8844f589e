// What is kept on the device: localStorage, or nothing where it is blocked.
// Bytes are kept as text, one character each.

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
  return {
    blocked: !area,
    prefix,
    text: (name) => safe(() => area.getItem(prefix + name)) || "",
    setText: (name, text) => safe(() => (text ? area.setItem(prefix + name, text) : area.removeItem(prefix + name))),
    bytes: (name) => Uint8Array.from(safe(() => area.getItem(prefix + name)) || "", (c) => c.charCodeAt(0)),
    setBytes(name, bytes) {
      let text = "";
      for (const byte of bytes) text += String.fromCharCode(byte);
      this.setText(name, text);
    },
    // Names of ours that start with `start`.
    names: (start) =>
      safe(() => Object.keys(area).filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length))) || [],
    // Another tab changed `name`.
    watch(name, changed) {
      addEventListener("storage", (event) => event.key === prefix + name && changed());
    },
  };
}
