// The fields of the application form, by step.
import { html } from '../html.mjs'

export const STEPS = ['eligibility', 'personal', 'contact', 'delivery']

// kind: radio | select | input | check. `keep` fields are choices, kept on the device between visits.
const FIELDS = {
  eligibility: [
    { name: 'residency', kind: 'radio', keep: true },
    { name: 'employment', kind: 'select', keep: true, autocomplete: 'off' },
    { name: 'employer', kind: 'input', autocomplete: 'organization', optional: true },
    { name: 'income', kind: 'input', check: 'income', inputmode: 'numeric', autocomplete: 'off' },
  ],
  personal: [
    { name: 'full_name', kind: 'input', autocomplete: 'name' },
    { name: 'card_name', kind: 'input', check: 'latin', autocomplete: 'off' },
    { name: 'birth_date', kind: 'input', type: 'date', check: 'adult', autocomplete: 'bday' },
  ],
  contact: [
    { name: 'phone', kind: 'input', type: 'tel', check: 'phone', autocomplete: 'tel' },
    { name: 'email', kind: 'input', type: 'email', check: 'email', autocomplete: 'email' },
    { name: 'postcode', kind: 'input', check: 'postcode', inputmode: 'numeric', autocomplete: 'postal-code' },
    { name: 'address', kind: 'input', autocomplete: 'street-address' },
    { name: 'contact_time', kind: 'select', keep: true, optional: true, autocomplete: 'off' },
  ],
  delivery: [
    { name: 'delivery', kind: 'radio', keep: true },
    { name: 'payment_day', kind: 'select', keep: true, autocomplete: 'off' },
    { name: 'statement', kind: 'radio', keep: true },
    { name: 'terms', kind: 'check' },
    { name: 'credit_check', kind: 'check' },
  ],
}

export function stepFields(words, step) {
  return FIELDS[step].map((field) => draw[field.kind](words, field))
}

const label = (words, field) => html`${words.labels[field.name]}${field.optional && html` <span class="optional">(${words.optional})</span>`}`
const keep = (field) => field.keep && html` data-keep`
const needed = (field) => !field.optional && html` required`
const error = (field) => html`<span class="error" id="${field.name}-error" data-error-for="${field.name}" hidden></span>`

const draw = {
  input(words, field) {
    const hint = words.hints[field.name]
    return html`<div class="field"><label for="${field.name}">${label(words, field)}</label>${hint && html`<span class="hint" id="${field.name}-hint">${hint}</span>`}
<input id="${field.name}" name="${field.name}" type="${field.type ?? 'text'}" autocomplete="${field.autocomplete}" maxlength="120"${field.inputmode && html` inputmode="${field.inputmode}"`}${field.check && html` data-check="${field.check}"`}${hint && html` aria-describedby="${field.name}-hint"`}${needed(field)}>${error(field)}</div>`
  },
  select(words, field) {
    return html`<div class="field"><label for="${field.name}">${label(words, field)}</label>
<select id="${field.name}" name="${field.name}" autocomplete="${field.autocomplete}"${keep(field)}${needed(field)}><option value="">${words.pick}</option>${Object.entries(words.options[field.name]).map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select>${error(field)}</div>`
  },
  radio(words, field) {
    return html`<fieldset class="field radios" id="${field.name}"><legend>${label(words, field)}</legend>${Object.entries(words.options[field.name]).map(([value, text], i) => html`<label><input type="radio" name="${field.name}" value="${value}"${i === 0 && needed(field)}${keep(field)}> <span>${text}</span></label>`)}${error(field)}</fieldset>`
  },
  check(words, field) {
    return html`<div class="field agree"><label><input type="checkbox" id="${field.name}" name="${field.name}" value="yes" required> <span>${words.labels[field.name]}</span></label>${error(field)}</div>`
  },
}
