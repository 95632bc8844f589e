// Forms: which field, in what order, how long, how often corrected. Never a value; secret fields do not exist.

import { guard, listen } from "../safe.js";

const SECRET = /\b(cc-|one-time-code|current-password|new-password)/;

// A form's own properties may be fields of it that have their names.
const { closest, getAttribute, matches } = Element.prototype;
const attribute = (form, name) => getAttribute.call(form, name) || "";
let named = []; // Selectors and names that the site gives.
const nameOf = (form) => {
  const given = named.find(([selector]) => guard(() => matches.call(form, selector)));
  if (given) return given[1];
  return attribute(form, "name") || attribute(form, "id") || new URL(attribute(form, "action"), location.href).pathname;
};
export const nameForms = (names = []) => (named = names);

// The field behind an event, unless it is secret, hidden, searched with or outside a form.
function fieldOf(event) {
  const element = event.composedPath()[0];
  const { form, type, autocomplete } = element;
  if (!form || attribute(form, "method") === "dialog" || !/^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName)) return null;
  if (/^(password|hidden|search|submit|button|reset|image)$/.test(type) || SECRET.test(autocomplete)) return null;
  return closest.call(form, "[data-attune-ignore],search,[role=search]") ? null : element;
}

export function watchForms(record) {
  const open = new Map(); // form → { since, field, order, changed, entered }

  function begin(form) {
    let state = open.get(form);
    if (!state) {
      state = { since: Date.now(), field: "", order: 0, changed: Object.create(null), entered: 0 };
      open.set(form, state);
      record("form_started", { form: nameOf(form) });
    }
    return state;
  }
  const on = (name, react) =>
    listen(name, (event) => {
      const field = fieldOf(event);
      if (field) react(begin(field.form), nameOf(field.form), field.name || field.id);
    });

  on("focusin", (state, form, field) => {
    state.field = field;
    state.entered = Date.now();
  });
  on("change", (state, form, field) => {
    const { changed } = state;
    const corrected = (changed[field] = (changed[field] || 0) + 1) - 1;
    state.field = field;
    const now = Date.now();
    const fields = { form, field, order: ++state.order, spent_ms: now - state.since, field_ms: now - (state.entered || now) };
    record("form_field_changed", corrected ? { ...fields, corrected } : fields);
  });
  on("invalid", (state, form, field) => record("form_field_refused", { form, field }));
  // Bubbling, so that the page's own validation has had its say.
  listen("submit", submitted, false);
  function submitted(event) {
    const form = event.target;
    const state = open.get(form);
    const refused = event.defaultPrevented && form.querySelector(":invalid,[aria-invalid=true]");
    if (!state || refused) return;
    open.delete(form);
    record("form_submitted", { form: nameOf(form), spent_ms: Date.now() - state.since });
  }

  // Called when the page is left.
  return () => {
    for (const [form, { field, since }] of open)
      record("form_abandoned", { form: nameOf(form), field, spent_ms: Date.now() - since });
    open.clear();
  };
}
