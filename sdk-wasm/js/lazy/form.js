// What a form tells: which field, in what order, how long, how often corrected. Never a value; secret fields do not exist.

import { guard, nothing } from "../safe.js";

const SECRET = /\b(cc-|one-time-code|current-password|new-password)/;

// A form's own properties may be fields of it that have their names.
const { closest, getAttribute, matches, querySelector } = Element.prototype;
const attribute = (form, name) => getAttribute.call(form, name) || "";

// Not of fields that are secret, hidden, or searched with.
function isTold({ form, type, autocomplete, tagName }) {
  if (attribute(form, "method") === "dialog" || !/^(INPUT|SELECT|TEXTAREA)$/.test(tagName)) return false;
  if (/^(password|hidden|search|submit|button|reset|image)$/.test(type) || SECRET.test(autocomplete)) return false;
  return !closest.call(form, "[data-attune-ignore],search,[role=search]");
}

// `named` gives selectors and names that the site has for them.
export function openForms(record, named) {
  const open = new Map(); // form → { since, field, order, changed, entered }
  let judge = nothing; // Whether the form that was just submitted is refused.

  const nameOf = (form) => {
    const given = named().find(([selector]) => guard(() => matches.call(form, selector)));
    if (given) return given[1];
    return attribute(form, "name") || attribute(form, "id") || new URL(attribute(form, "action"), location.href).pathname;
  };

  function begin(form, at) {
    let state = open.get(form);
    if (!state) {
      state = { since: at, field: "", order: 0, changed: Object.create(null), entered: 0 };
      open.set(form, state);
      record("form_started", { form: nameOf(form) }, at);
    }
    return state;
  }

  // What happened to a field, by the event's name.
  const heard = {
    focusin(state, form, field, at) {
      state.field = field;
      state.entered = at;
    },
    change(state, form, field, at) {
      const { changed } = state;
      const corrected = (changed[field] = (changed[field] || 0) + 1) - 1;
      state.field = field;
      const fields = { form, field, order: ++state.order, spent_ms: at - state.since, field_ms: at - (state.entered || at) };
      record("form_field_changed", corrected ? { ...fields, corrected } : fields, at);
    },
    invalid: (state, form, field, at) => record("form_field_refused", { form, field }, at),
  };

  // Judged when everybody has had their say, also where the page lets nobody else hear of it.
  function submitted(event, form, at) {
    const state = open.get(form);
    judge();
    judge = () => {
      judge = nothing;
      if (!state || (event.defaultPrevented && querySelector.call(form, ":invalid,[aria-invalid=true]"))) return;
      open.delete(form);
      record("form_submitted", { form: nameOf(form), spent_ms: at - state.since }, at);
    };
    setTimeout(() => judge());
  }

  return {
    // `element` is the field, or the form that is submitted.
    hear(event, element, at) {
      if (event.type === "submit") submitted(event, element, at);
      else if (isTold(element)) heard[event.type](begin(element.form, at), nameOf(element.form), element.name || element.id, at);
    },
    // The page is left, or another one takes its place.
    leave() {
      judge();
      for (const [form, { field, since }] of open)
        record("form_abandoned", { form: nameOf(form), field, spent_ms: Date.now() - since });
      open.clear();
    },
  };
}
