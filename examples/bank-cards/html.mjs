// HTML as values: everything put into a template is escaped unless it is markup already.

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

class Markup {
  constructor(text) {
    this.text = text
  }
  toString() {
    return this.text
  }
}

export function escapeHtml(value) {
  return String(value).replace(/[&<>"']/g, (char) => ENTITIES[char])
}

function render(value) {
  if (value === null || value === undefined || value === false || value === true) return ''
  if (Array.isArray(value)) return value.map(render).join('')
  return value instanceof Markup ? value.text : escapeHtml(value)
}

export function html(strings, ...values) {
  return new Markup(strings.reduce((all, part, i) => all + render(values[i - 1]) + part))
}

/** Marks text written in this folder (never text from a request) as markup. */
export function markup(text) {
  return new Markup(text)
}
