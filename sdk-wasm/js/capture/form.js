// Forms: which field, in what order, how long. Never a value; secret fields do not exist.

const SECRET = /^(cc-|one-time-code|current-password|new-password)/;

const nameOf = (form) => form.getAttribute("name") || form.id || new URL(form.action, location.href).pathname;

// The field behind an event, unless it is secret, hidden or outside a form.
function fieldOf(event) {
  const element = event.composedPath()[0];
  const { form, type, autocomplete } = element;
  if (!form || !/^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName)) return null;
  if (/^(password|hidden|submit|button|reset|image)$/.test(type) || SECRET.test(autocomplete)) return null;
  return form.closest("[data-attune-ignore]") ? null : element;
}

export function watchForms(record) {
  const open = new Map(); // form → { since, field, order }

  function begin(form) {
    let state = open.get(form);
    if (!state) {
      state = { since: Date.now(), field: "", order: 0 };
      open.set(form, state);
      record("form_started", { form: nameOf(form) });
    }
    return state;
  }

  addEventListener(
    "focusin",
    (event) => {
      const field = fieldOf(event);
      if (field && field.form.method !== "dialog" && field.type !== "search") begin(field.form).field = field.name || field.id;
    },
    true,
  );
  addEventListener(
    "change",
    (event) => {
      const field = fieldOf(event);
      if (!field || field.type === "search") return;
      const state = begin(field.form);
      state.field = field.name || field.id;
      state.order++;
      const spent = Date.now() - state.since;
      record("form_field_changed", { form: nameOf(field.form), field: state.field, order: state.order, spent_ms: spent });
    },
    true,
  );
  // Bubbling, so that the page's own validation has had its say.
  addEventListener("submit", (event) => {
    const form = event.target;
    const state = open.get(form);
    const refused = event.defaultPrevented && form.querySelector(":invalid,[aria-invalid=true]");
    if (!state || refused) return;
    open.delete(form);
    record("form_submitted", { form: nameOf(form), spent_ms: Date.now() - state.since });
  });

  // Called when the page is left.
  return () => {
    for (const [form, { field, since }] of open)
      record("form_abandoned", { form: nameOf(form), field, spent_ms: Date.now() - since });
    open.clear();
  };
}
