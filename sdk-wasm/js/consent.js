// The visitor's answers, kept because keeping them is what the visitor asked for; shared between tabs.

import { guard } from "./safe.js";

const PURPOSES = ["measure", "personalise", "share"];

// `asked`: somebody else's banner asks, so nothing may be presumed.
export function consents(store, asked, changed) {
  let state = {};
  let presumed = []; // What the site's bundle says of unanswered purposes; without it nothing is allowed.

  const answer = (purpose) => (purpose === "share" && navigator.globalPrivacyControl ? false : state[purpose]);
  const allows = (index) => answer(PURPOSES[index]) ?? (!asked && !!presumed[index]);
  const said = (value) => (value === "granted" ? true : value === "denied" ? false : value);

  function read() {
    state = guard(() => JSON.parse(store.text("consent") || "{}")) || {};
  }

  read();
  store.watch("consent", () => {
    read();
    changed();
  });

  return {
    // The visitor may still say yes to measuring.
    undecided: () => answer(PURPOSES[0]) === undefined && !allows(0),
    measures: () => allows(0),
    personalises: () => allows(1),
    shares: () => answer(PURPOSES[2]) === true,
    // Two bits a purpose: 0 unknown, 1 denied, 2 granted. Global Privacy Control is an answer to sharing.
    bits: () => PURPOSES.reduce((bits, purpose, index) => bits | ((answer(purpose) ?? -1) + 1) << (2 * index), 0),
    presume: (purposes) => (presumed = purposes),
    // The banner does not ask here.
    notAsked() {
      asked = false;
      changed();
    },
    get: () => ({ ...state }),
    set(answers) {
      for (const purpose of PURPOSES) {
        const value = said(answers && answers[purpose]);
        if (typeof value === "boolean") state[purpose] = value;
      }
      store.setText("consent", JSON.stringify(state));
      changed();
    },
  };
}
