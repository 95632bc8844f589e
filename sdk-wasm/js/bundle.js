// The signed bundle: kept on the device so that decisions wait for nobody, refreshed while the page is open.

import { decoder, fromBase64, toBytes, toText } from "./bytes.js";
import { nothing } from "./safe.js";

const VERSION = 3;
const HEADER = 67; // "AS1" and an Ed25519 signature; the payload follows.
const REFRESH_MS = 30_000;

// The payload of what is signed like a bundle, or null: what cannot be verified does not exist.
export async function verified(bytes, key) {
  try {
    const verifier = await crypto.subtle.importKey("raw", fromBase64(key), "Ed25519", false, ["verify"]);
    const payload = bytes.subarray(HEADER);
    const good = await crypto.subtle.verify("Ed25519", verifier, bytes.subarray(3, HEADER), payload);
    return good ? payload : null;
  } catch {
    return null;
  }
}

// What the page must know of a bundle before anything is decided: what unanswered consent means for measuring and
// personalising, after how many milliseconds a session ends, what is captured. See `Bundle::to_bytes` in
// schema/src/bundle.rs.
export function readTerms(payload) {
  let at = 4; // "AR", its version, the switch.
  const uint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = payload[at++];
      value += (byte & 127) * factor;
      if (!(byte & 128)) return value;
    }
  };
  uint(); // The holdout.
  const salt = uint();
  at += salt;
  const presumed = [payload[at++] === 1, payload[at++] === 1];
  const timeout = uint() / 2;
  const length = uint();
  const capture = JSON.parse(decoder.decode(payload.subarray(at, at + length)) || "{}");
  return { presumed, timeout, capture };
}

// Asks at once for what is current; `installed` is told of every verified payload, `unverified` of one where the browser
// cannot verify any (pages over http).
export function bundles(store, base, site, key, installed, unverified) {
  const newest = async () => (await fetch(base + "v1/manifest?site=" + encodeURIComponent(site) + "&key=" + key.slice(0, 8))).json();
  let asked = newest();
  asked.catch(nothing);
  let current = "";

  async function install(hash, bytes, keep) {
    const payload = await verified(bytes, key);
    if (!payload || payload[2] !== VERSION) {
      if (!crypto.subtle) unverified(bytes.subarray(HEADER));
      return false;
    }
    current = hash;
    if (keep) {
      store.setText("bundle", toText(bytes));
      store.setText("bundle-hash", hash);
    }
    installed(payload);
    return true;
  }

  async function refresh() {
    try {
      const manifest = await (asked || newest());
      asked = null;
      if (!manifest.bundle || manifest.bundle === current) return;
      const response = await fetch(base + "v1/bundle/" + manifest.bundle);
      if (response.ok) await install(manifest.bundle, new Uint8Array(await response.arrayBuffer()), true);
    } catch {
      asked = null; // Offline: the kept bundle decides.
    }
  }

  return {
    // Installs the kept bundle, else waits for the network; then keeps up to date.
    async start() {
      const hash = store.text("bundle-hash");
      const kept = hash && (await install(hash, toBytes(store.text("bundle")), false));
      const fresh = refresh();
      if (!kept) await fresh;
      if (!current) await refresh(); // One failure is nobody's fault.
      setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
    },
  };
}
