// The visitor's answers, kept because keeping them is what the visitor asked for; shared between tabs.

const PURPOSES = ["measure", "personalise", "share"];

export function consents(store, changed) {
  let state = {};
  let presumed = []; // What the site's bundle says of unanswered purposes; without it nothing is allowed.

  const answer = (purpose) => (purpose === "share" && navigator.globalPrivacyControl ? false : state[purpose]);
  const allows = (index) => answer(PURPOSES[index]) ?? !!presumed[index];

  function read() {
    try {
      state = JSON.parse(store.text("consent") || "{}");
    } catch {
      state = {};
    }
  }

  read();
  store.watch("consent", () => {
    read();
    changed();
  });

  return {
    measures: () => allows(0),
    personalises: () => allows(1),
    // Two bits a purpose: 0 unknown, 1 denied, 2 granted. Global Privacy Control is an answer to sharing.
    bits: () => PURPOSES.reduce((bits, purpose, index) => bits | ((answer(purpose) ?? -1) + 1) << (2 * index), 0),
    presume: (purposes) => (presumed = purposes),
    get: () => ({ ...state }),
    set(answers) {
      for (const purpose of PURPOSES) {
        const value = answers && answers[purpose];
        if (typeof value === "boolean") state[purpose] = value;
        else if (value === "granted" || value === "denied") state[purpose] = value === "granted";
      }
      store.setText("consent", JSON.stringify(state));
      changed();
    },
  };
}
