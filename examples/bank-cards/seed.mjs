// Fills a site with the demo bank's settings, placements, audiences, offers and campaigns, through the API a
// console uses. Anything that is already there stays as it is.
//
//     node seed.mjs --url http://127.0.0.1:7400 --site bank --user admin   (password in ATTUNE_ADMIN_PASSWORD)
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { url: { type: "string" }, site: { type: "string" }, user: { type: "string", default: "admin" } },
});
const password = process.env.ATTUNE_ADMIN_PASSWORD;
if (!values.url || !values.site || !password) {
  console.error("seed: --url, --site and ATTUNE_ADMIN_PASSWORD are needed");
  process.exit(2);
}

let cookie = "";
async function api(method, path, body, headers = {}) {
  const response = await fetch(values.url + path, {
    method,
    headers: { "content-type": "application/json", cookie, origin: values.url, "sec-fetch-site": "same-origin", ...headers },
    body: body && JSON.stringify(body),
  });
  const set = response.headers.getSetCookie?.().find((line) => line.startsWith("attune_session="));
  if (set) cookie = set.split(";")[0];
  const text = await response.text();
  if (!response.ok && response.status !== 409) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return { status: response.status, body: text ? JSON.parse(text) : null, etag: response.headers.get("etag") };
}

await api("POST", "/api/sign-in", { user: values.user, password });
const base = `/api/sites/${encodeURIComponent(values.site)}`;
const read = async (name) => JSON.parse(await readFile(new URL(name, import.meta.url)));
const seed = await read("seed.json");
const offers = await read("offers.json");

const settings = await api("GET", `${base}/settings`);
if (settings.body.version <= 1)
  await api("PUT", `${base}/settings`, { ...settings.body.body, ...seed.settings }, { "if-match": String(settings.body.version) });

const parts = {
  attributes: seed.attributes,
  placements: seed.placements,
  audiences: seed.audiences,
  offers: offers.map((offer) => ({ ...offer, name: offer.content.en.title, weight: seed.weights[offer.id] ?? 0 })),
  campaigns: seed.campaigns,
};
let made = 0;
for (const [kind, bodies] of Object.entries(parts)) {
  const known = new Set((await api("GET", `${base}/${kind}`)).body.map((document) => document.body.id));
  for (const body of bodies) {
    if (known.has(body.id)) continue;
    await api("POST", `${base}/${kind}`, body);
    made++;
  }
}
console.log(`seeded ${made} documents`);
