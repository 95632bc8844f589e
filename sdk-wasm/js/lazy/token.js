// A signed profile token: what the site's server says of somebody, for a while. Loaded when `identify` is given one.
// Its form is that of collector/src/decide/token.rs: a JSON Web Signature by EdDSA and nothing else.

import { verified, verifierOf } from "../bundle.js";
import { plain } from "../queue.js";
import { decoder, encoder, fromBase64 } from "../bytes.js";

const MAGIC = "AK\x01";
const LONGEST_S = 24 * 3_600;
const TOLERANCE_S = 60;

const json = (part) => JSON.parse(decoder.decode(fromBase64(part)));

// The site's public keys by id, as its signing key says.
async function keysOf({ base, site, key }) {
  const response = await fetch(base + "v1/token-keys?site=" + encodeURIComponent(site) + "&key=" + key.slice(0, 8));
  const payload = await verified(new Uint8Array(await response.arrayBuffer()), verifierOf(key));
  const text = payload ? decoder.decode(payload) : "";
  const said = text.startsWith(MAGIC) ? JSON.parse(text.slice(MAGIC.length)) : {};
  return said.site === site ? said.keys : null;
}

// The token's `attributes` and `until` when they hold, or `refused` with why it counts for nothing. `user` is who it has
// to be about.
export async function readToken(token, user, asker) {
  const [head, body, signature, more] = token.split(".");
  let header, claims, signed;
  try {
    [header, claims, signed] = [json(head), json(body), fromBase64(signature)];
  } catch {
    return { refused: "form" };
  }
  if (more !== undefined) return { refused: "form" };
  if (header.alg !== "EdDSA") return { refused: "algorithm" };
  const keys = await keysOf(asker).catch(() => null);
  if (!keys) return { refused: "keys" };
  if (!Object.hasOwn(keys, header.kid)) return { refused: "key" };
  if (!(await crypto.subtle.verify("Ed25519", await verifierOf(keys[header.kid]), signed, encoder.encode(head + "." + body)))) return { refused: "signature" };
  const { sub, exp, nbf = 0, iat = 0, attributes = {} } = claims;
  const now = Math.floor(Date.now() / 1_000);
  const good = now < exp && exp <= now + LONGEST_S + TOLERANCE_S && nbf <= now + TOLERANCE_S && iat <= now + TOLERANCE_S;
  if (!good) return { refused: "time" };
  return sub === user ? { attributes, until: exp * 1_000 } : { refused: "subject" };
}

// Lets what a token says count, or ends that. `page` is what main.js put together, with the site's key.
export async function lend({ base, site, key, who, decider, record, fill }, token, user) {
  const reading = token ? readToken(String(token), String(user), { base, site, key }) : Promise.resolve({});
  const [{ attributes = {}, until = 0, refused }, core] = await Promise.all([reading.catch(() => ({ refused: "keys" })), decider.load()]);
  if (who.token !== token) return; // Somebody else by now.
  if (refused) {
    who.token = undefined;
    record("token_refused", { reason: refused });
  }
  core.give(plain(attributes));
  core.lend(until);
  fill();
}
