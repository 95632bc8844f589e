// How much is captured on this page, and which rule says so.

// `page` is what main.js put together.
export function explainLevel({ consent, levels, place }) {
  const { level, by, rule } = levels.at(place());
  const [, path, category, scheme] = rule || [];
  const told = { level, by, rule: rule ? { level: rule[0], path, category, scheme } : null };
  // Consent lowers whatever the rules say.
  return consent.measures() || consent.personalises() ? told : { ...told, level: 0, by: "consent" };
}
