// Clicks: one listener for the whole document, through shadow roots.

const TARGETS = "a,button,summary,[role=button],input[type=submit],[data-attune-event]";
const PREFIX = "attuneProp";

// The nearest of `path` that matches, innermost first.
const nearest = (path, selector) => path.find((node) => node.matches && node.matches(selector));

export function watchClicks(record) {
  addEventListener(
    "click",
    (event) => {
      const path = event.composedPath();
      const element = nearest(path, TARGETS);
      if (!element || nearest(path, "[data-attune-ignore]")) return;
      const data = element.dataset;
      const fields = { tag: element.tagName.toLowerCase() };
      if (element.id) fields.id = element.id;
      if (!nearest(path, "[data-attune-mask]")) fields.text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 64);
      if (element.href) {
        const url = new URL(element.href, location.href);
        fields.href = url.origin === location.origin ? url.pathname : url.host + url.pathname;
        fields.outbound = url.origin !== location.origin;
      }
      for (const name in data)
        if (name.startsWith(PREFIX) && name.length > PREFIX.length)
          fields[name.slice(PREFIX.length).replace(/[A-Z]/g, (c, at) => (at ? "_" : "") + c.toLowerCase())] = data[name];
      record(data.attuneEvent || "element_clicked", fields);
    },
    true,
  );
}
