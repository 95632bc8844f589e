// Pages of tests/e2e/pages, each a behaviour, under a strict policy, with the tag from their own origin; what they send
// is read before it goes on to the collector.
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { decode } from "../batch.mjs";
import { until } from "./stack.mjs";

const folder = new URL("pages/", import.meta.url);
const STRICT =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", pdf: "application/pdf" };
const BUILT = ["/cmp.js", "/built.js", "/openfeature.js"]; // Import packages.
const TAG = /<!-- attune(.*?) -->/;
const POLICY = /<!-- policy: (.*?) -->/;

// The page's stored profile as text, opened with its own key.
export const profileOf = (page) =>
  page.evaluate(async () => {
    const asked = (request) => new Promise((done, fail) => ((request.onsuccess = () => done(request.result)), (request.onerror = fail)));
    const [name, text] = Object.entries(localStorage).find(([name]) => name.endsWith(":profile"));
    const bytes = Uint8Array.from(text.slice(3), (letter) => letter.charCodeAt(0));
    if (!text.startsWith("AE1")) throw new Error("the profile is not sealed");
    const database = await asked(indexedDB.open("attune"));
    const key = await asked(database.transaction("keys").objectStore("keys").get(name.split(":")[1]));
    database.close();
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.subarray(0, 12) }, key, bytes.subarray(12));
    return String.fromCharCode(...new Uint8Array(plain));
  });

// Serves until `stop`. A page's tag is where it says `<!-- attune -->`,
// with attributes that stand there, or `line` instead; another policy is `<!-- policy: … -->`.
// `collector` and `key` are those of a running collector.
export async function servePages(collector, key) {
  const received = []; // Batches, in order.
  const faults = []; // Asked with each request's path; an answer of theirs is the collector's.
  const server = createServer(async (incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, "http://pages");
    if (pathname.startsWith("/attune/")) {
      const chunks = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const path = incoming.url.slice("/attune".length);
      for (const fault of faults) {
        const answer = await fault(path, body);
        if (answer === "cut") return incoming.socket.destroy();
        if (answer) return outgoing.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? "");
      }
      if (path === "/v1/batch") received.push(decode(body));
      const { method, headers } = incoming;
      const { hostname: host, port } = new URL(collector);
      const forwarded = request({ host, port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on("error", () => outgoing.writeHead(502).end());
      return forwarded.end(body);
    }
    if (BUILT.includes(pathname)) {
      const entry = fileURLToPath(new URL(pathname.slice(1), folder));
      const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", target: "es2022", write: false });
      return outgoing.writeHead(200, { "content-type": TYPES.js }).end(outputFiles[0].text);
    }
    const name = pathname === "/blank" ? null : pathname.slice(1);
    if (pathname.startsWith("/files/")) return outgoing.writeHead(200, { "content-type": TYPES.pdf }).end("%PDF-1.4\n");
    if (pathname.startsWith("/answer")) return outgoing.writeHead(204).end();
    // A route of a page that shows them itself.
    const file = name === null ? null : name.includes(".") ? name : `${name.split("/")[0]}.html`;
    let text = "<!doctype html><title>blank</title>";
    try {
      if (file) text = await readFile(new URL(file, folder), "utf8");
    } catch {
      return outgoing.writeHead(404).end();
    }
    const kind = file?.endsWith(".js") ? TYPES.js : TYPES.html;
    const policy = POLICY.exec(text)?.[1] ?? STRICT;
    const tag = pages.line ?? `<script async src="/attune/tag.js?site=${key}"$1></script>`;
    outgoing.writeHead(200, { "content-type": kind, "content-security-policy": policy });
    outgoing.end(text.replace(TAG, tag));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const pages = {
    origin,
    received,
    faults,
    line: null,
    // The line of the loader alone.
    small: `<script async src="/attune/tag.js" data-site="${key}"$1></script>`,
    // All events so far whose address begins with that of `page`.
    events: (page) => received.flatMap(({ events }) => events).filter(({ url }) => url?.startsWith(`${origin}/${page}`)),
    // Waits for events for which `wanted` holds of them all.
    until(page, wanted, what) {
      return until(async () => {
        const events = this.events(page);
        return wanted(events) && events;
      }, `${what} of ${page}`, 15_000);
    },
    stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))),
  };
  return pages;
}
