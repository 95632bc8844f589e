// Who visits: a random id of this browser, the user it was told, and the session. Ids are texts of their 16 bytes.

import { encoder, toBytes, toText, uuid, uuidText } from "./bytes.js";
import { guard } from "./safe.js";

const COOKIE = "attune_visitor=";
const YEAR_S = 31_536_000;

// With `domain` the id is in a cookie as well, so that the site's other hosts and its server know the same visitor.
export function openWho(store, domain) {
  const shared = () => {
    const found = domain && document.cookie.split("; ").find((cookie) => cookie.startsWith(COOKIE));
    const digits = found ? found.slice(COOKIE.length).replaceAll("-", "") : "";
    return /^[\da-f]{32}$/.test(digits) ? toText(digits.match(/../g).map((pair) => parseInt(pair, 16))) : "";
  };
  const fresh = () => ({ visitor: toText(uuid(4)), user: "", session: "", at: 0 });
  let state = fresh();
  const known = () => guard(() => JSON.parse(store.text("who") || null));
  const read = () => {
    const stored = known();
    if (stored && stored.at >= state.at) state = stored;
  };
  read();
  const elsewhere = guard(shared);
  if (elsewhere && elsewhere !== state.visitor) state = { ...fresh(), visitor: elsewhere };
  return {
    visitor: () => state.visitor,
    user: () => state.user,
    // The session at `at`: another one after `timeout` milliseconds without anything.
    session(at, timeout) {
      const over = () => !state.session || at - state.at >= timeout;
      if (over()) read(); // Another tab may go on with it.
      if (over()) state.session = toText(uuid(4));
      state.at = Math.max(state.at, at);
      return state.session;
    },
    // True if it is another user than before.
    identify(user) {
      const changed = state.user !== user;
      state.user = user;
      return changed;
    },
    // What the store says: null where nobody is known.
    stored: known,
    // Another visitor, known already or not.
    reset: (other) => (state = other || fresh()),
    // As a batch says it, with the answers about consent.
    bytes: (bits) => new Uint8Array([bits, ...toBytes(state.visitor), ...encoder.encode(state.user)]),
    save(known) {
      store.setText("who", known ? JSON.stringify(state) : "");
      if (!domain) return;
      const secure = location.protocol === "https:" ? "; secure" : "";
      const value = COOKIE + (known ? uuidText(state.visitor) : "") + "; max-age=" + (known ? YEAR_S : 0);
      guard(() => (document.cookie = value + "; path=/; samesite=lax; domain=" + domain + secure));
    },
  };
}
