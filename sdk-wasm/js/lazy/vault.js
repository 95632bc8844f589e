// The profile as it lies on the device: AES-GCM under a key of this browser that no script can read out. The key is in
// IndexedDB, which keeps such keys; forgetting it makes whatever was written with it unreadable.

import { toBytes, toText } from "../bytes.js";

export { coreOf } from "../core.js"; // Needed where a profile is.

const MAGIC = "AE1";
const IV_BYTES = 12;
const PATIENCE_MS = 1_000; // A browser may never say whether it opens a database.

const asked = (request) =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = request.onblocked = () => fail(request.error);
  });

async function openKeys() {
  const request = indexedDB.open("attune", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("keys");
  return asked(request);
}

// The site's key; drawn the first time, by the first of several tabs.
async function keyOf(database, site) {
  const keys = (mode) => database.transaction("keys", mode).objectStore("keys");
  const known = await asked(keys("readonly").get(site));
  if (known) return known;
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const store = keys("readwrite");
  const meanwhile = await asked(store.get(site));
  if (meanwhile) return meanwhile;
  await asked(store.put(fresh, site));
  return fresh;
}

// Where none can be kept, profiles lie as they are.
export const plainly = { open: async (text) => toBytes(text), seal: async (bytes) => toText(bytes), async forget() {} };

// Fails where a key cannot be kept.
export async function openVault(site) {
  const late = new Promise((_, fail) => setTimeout(fail, PATIENCE_MS));
  const database = await Promise.race([openKeys(), late]);
  let key = await Promise.race([keyOf(database, site), late]);
  return {
    // What was sealed, as bytes; what a version before left as it was, too. Empty if it cannot be opened.
    async open(text) {
      if (!text.startsWith(MAGIC)) return toBytes(text);
      const bytes = toBytes(text.slice(MAGIC.length));
      try {
        const iv = bytes.subarray(0, IV_BYTES);
        return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, bytes.subarray(IV_BYTES)));
      } catch {
        return new Uint8Array();
      }
    },
    async seal(bytes) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes);
      return MAGIC + toText(iv) + toText(new Uint8Array(sealed));
    },
    // Another key from now on.
    async forget() {
      await asked(database.transaction("keys", "readwrite").objectStore("keys").delete(site));
      key = await keyOf(database, site);
    },
  };
}
