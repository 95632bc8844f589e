// Plain values into the core, one call each; anything else is left out.
export function give(core, fields) {
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string") value && core.text(name, value);
    else if (typeof value === "number") core.number(name, value);
    else if (typeof value === "boolean") core.flag(name, value);
  }
}
