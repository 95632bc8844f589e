// The signed bundle: in the tag or kept on the device, so that decisions wait for nobody; refreshed while the page is open.

import { decoder, fromBase64, toBytes, toText } from "./bytes.js";
import { nothing } from "./safe.js";

const VERSION = 3;
const HEADER = 67; // "AS1" and an Ed25519 signature; the payload follows.
const REFRESH_MS = 30_000;

// Verifies by this public key; fails where the browser cannot.
export const verifierOf = async (key) => crypto.subtle.importKey("raw", fromBase64(key), "Ed25519", false, ["verify"]);

// The payload of what is signed like a bundle, or null: what cannot be verified does not exist.
export async function verified(bytes, verifier) {
  try {
    const payload = bytes.subarray(HEADER);
    const good = await crypto.subtle.verify("Ed25519", await verifier, bytes.subarray(3, HEADER), payload);
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

// `ask` tells which bundle is current, and the bundle itself unless it is the one that is kept; `asked` is what the loader
// was told, or will be. `installed` is told of every verified payload, `unverified` of one where the browser cannot verify
// any (pages over http).
export function bundles(store, key, { ask, asked }, installed, unverified) {
  const verifier = verifierOf(key);
  verifier.catch(nothing);
  let current = "";

  async function install(hash, bytes, keep) {
    const payload = await verified(bytes, verifier);
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

  async function refresh(keep = true) {
    try {
      const told = asked || ask(current);
      asked = null;
      const { bundle, signed } = await told;
      if (signed) await install(bundle, fromBase64(signed), keep);
    } catch {
      // Offline: the kept bundle decides.
    }
  }

  return {
    // Installs the bundle that came with the tag, else the kept one, else waits for the network; then keeps up to date.
    async start() {
      if (asked && asked.signed) await refresh(false); // It comes with the tag again.
      if (!current) {
        const hash = store.text("bundle-hash");
        const kept = hash && (await install(hash, toBytes(store.text("bundle")), false));
        const fresh = refresh();
        if (!kept) await fresh;
        if (!current) await refresh(); // One failure is nobody's fault; or what was kept is not what it was.
      }
      setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
    },
  };
}
