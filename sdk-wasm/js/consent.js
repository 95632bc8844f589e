// The visitor's answers, kept because keeping them is what the visitor asked for; shared between tabs.

const PURPOSES = ["measure", "personalise", "share"];

export function consents(core, store, changed) {
  let state = {};

  // Two bits a purpose: 0 unknown, 1 denied, 2 granted.
  function apply() {
    let bits = 0;
    PURPOSES.forEach((purpose, index) => {
      // Global Privacy Control is an answer to sharing.
      const value = purpose === "share" && navigator.globalPrivacyControl ? false : state[purpose];
      bits |= (value === undefined ? 0 : value ? 2 : 1) << (2 * index);
    });
    core.consent(bits);
  }

  function read() {
    try {
      state = JSON.parse(store.text("consent") || "{}");
    } catch {
      state = {};
    }
    apply();
  }

  read();
  store.watch("consent", () => {
    read();
    changed();
  });

  return {
    get: () => ({ ...state }),
    set(answers) {
      for (const purpose of PURPOSES) {
        const value = answers && answers[purpose];
        if (typeof value === "boolean") state[purpose] = value;
        else if (value === "granted" || value === "denied") state[purpose] = value === "granted";
      }
      store.setText("consent", JSON.stringify(state));
      apply();
      changed();
    },
  };
}
