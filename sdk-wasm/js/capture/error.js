// Errors of the page's scripts: what they say and where, a few a page, each once.

import { listen } from "../safe.js";

const MOST = 5;

export function watchErrors(record) {
  const known = new Set();
  const raised = (message, source, line) => {
    const key = message + source + line;
    if (known.size >= MOST || known.has(key)) return;
    known.add(key);
    record("error_raised", { message: message.slice(0, 256), source, line });
  };
  listen("error", ({ message, filename, lineno }) => message && raised(String(message), filename, lineno));
  listen("unhandledrejection", ({ reason }) => raised(String((reason && reason.message) || reason), "promise", 0));
  // Of another page.
  return () => known.clear();
}
