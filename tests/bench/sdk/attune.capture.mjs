// Attune beside other products' SDKs: the tag as the collector serves it, its parts below the collector's address.
//
// Needs `cargo xtask web sdk` and target/spec-vectors.json (a bundle to serve).
import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "../../batch.mjs";

const target = new URL("../../../target/", import.meta.url).pathname;
const sdk = join(target, "web/sdk");
const names = readdirSync(sdk).filter((name) => /\.(js|wasm)$/.test(name));
const named = (start, end) => names.find((name) => name.startsWith(start) && name.endsWith(end));

// A signed bundle with a campaign in it.
const vectors = JSON.parse(readFileSync(join(target, "spec-vectors.json")));
const payload = Buffer.from(vectors.find(({ decision }) => decision.includes('"matched"')).bundle);
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const bundle = Buffer.concat([Buffer.from("AS1"), sign(null, payload, createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }))), payload]);

// The tag as the collector makes it: loader, SDK and bundle.
const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
const tag = join(folder, "tag.js");
const text = readFileSync(join(sdk, named("whole-", ".js")), "utf8");
const told = JSON.stringify({ bundle: "bench", signed: bundle.toString("base64") });
writeFileSync(tag, text.replace("__KEY__", publicKey.export({ format: "jwk" }).x).replace("__SITE__", "pk_bench").replace('"__TOLD__"', told));

export default {
  name: "attune",
  how: "cargo xtask web sdk, the tag with a signed bundle in it",
  auto: "everything",
  files: [tag],
  lazy: { "/tag.js": tag, ...Object.fromEntries(names.map((name) => [`/sdk/${name}`, join(sdk, name)])) },
  head: (collector) => `<script>
    window.attune = [["consent", { measure: true, personalise: true }]];
    window.__sdk = { track: (name, fields) => window.attune.push(["track", name, fields]), page() {} };
    </script><script async src="${collector}/tag.js?site=pk_bench"></script>`,
  stub: ({ path }) => ({ json: path === "/v1/manifest" ? { bundle: "bench" } : {} }),
  decode: ({ path, body }) => {
    if (path !== "/v1/batch") return [];
    const { events, ...context } = decode(body);
    return events.map(({ id, session, ...event }) => ({ ...event, utm_campaign: context.utm_campaign }));
  },
  nameOf: (event) => event.name,
  detect: {
    pageView: /^page_viewed/,
    spa: /^page_viewed .*\/p\/5/,
    click: /^element_clicked/,
    rageClick: /^rage_clicked/,
    deadClick: /^dead_clicked/,
    formStart: /^form_started/,
    formField: /^form_field_changed/,
    formAbandon: /^form_abandoned/,
    formSubmit: /^form_submitted/,
    scroll: /^page_left .*"scroll_percent"/,
    webVitals: /^vitals_measured/,
    jsError: /^error_raised/,
    outbound: /^element_clicked .*"outbound":true/,
    download: /^element_clicked .*"download":true/,
    leave: /^page_left/,
    siteSearch: /^search_performed/,
    utm: /"utm_campaign":"spring"/,
  },
};
