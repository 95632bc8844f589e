// The signed bundle: kept on the device so that decisions wait for nobody, refreshed while the page is open.

import { toBytes, toText } from "./bytes.js";

const HEADER = 67; // "AS1" and an Ed25519 signature; the payload follows.
const REFRESH_MS = 30_000;

const decode = (text) => toBytes(atob(text.replace(/-/g, "+").replace(/_/g, "/")));

// The payload of a signed bundle, or null: a bundle that cannot be verified does not exist.
async function verified(bytes, key) {
  try {
    const verifier = await crypto.subtle.importKey("raw", decode(key), "Ed25519", false, ["verify"]);
    const payload = bytes.subarray(HEADER);
    const good = await crypto.subtle.verify("Ed25519", verifier, bytes.subarray(3, HEADER), payload);
    return good ? payload : null;
  } catch {
    return null;
  }
}

export function bundles(core, store, base, site, key, installed) {
  let current = "";

  async function install(hash, bytes, keep) {
    const payload = await verified(bytes, key);
    if (!payload || !core.install(payload)) return false;
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
      const manifest = await (await fetch(base + "v1/manifest?site=" + encodeURIComponent(site))).json();
      if (!manifest.bundle || manifest.bundle === current) return;
      const response = await fetch(base + "v1/bundle/" + manifest.bundle);
      if (response.ok) await install(manifest.bundle, new Uint8Array(await response.arrayBuffer()), true);
    } catch {
      // Offline: the kept bundle decides.
    }
  }

  return {
    // Installs the kept bundle, else waits for the network; then keeps up to date.
    async start() {
      const hash = store.text("bundle-hash");
      const kept = hash && (await install(hash, toBytes(store.text("bundle")), false));
      const fresh = refresh();
      if (!kept) await fresh;
      setInterval(() => document.visibilityState === "visible" && refresh(), REFRESH_MS);
    },
  };
}
