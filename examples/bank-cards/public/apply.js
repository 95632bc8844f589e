// Steps of the application form. Without this script all steps show as one long form.
(() => {
  const DRAFT = 'haemil.draft'
  const WEEK_MS = 7 * 24 * 60 * 60 * 1000

  if (document.querySelector('[data-application-sent]')) {
    try { localStorage.removeItem(DRAFT) } catch { /* nothing was kept */ }
    return
  }
  const form = document.getElementById('card-application')
  if (!form) return

  const messages = JSON.parse(form.dataset.messages)
  const steps = [...form.querySelectorAll('[data-step]')]
  const nameOf = (step) => step.dataset.step
  let current = steps[0]

  form.noValidate = true
  const begun = restore()
  show(steps[0], { focus: false })
  if (begun) history.replaceState(null, '', location.pathname + location.search)

  form.addEventListener('click', (event) => {
    if (event.target.closest('[data-next]')) advance()
    if (event.target.closest('[data-back]')) go(steps[steps.indexOf(current) - 1])
  })
  form.addEventListener('submit', (event) => {
    const wrong = steps.find((step) => !check(step))
    if (!wrong && current === steps.at(-1)) return
    event.preventDefault()
    if (current !== steps.at(-1)) advance()
    else if (wrong !== current) { show(wrong); check(wrong) }
  })
  form.addEventListener('change', (event) => {
    save()
    if (event.target.getAttribute('aria-invalid') === 'true') checkField(event.target)
  })
  // The browser's Back and Forward move between steps; a step is never reached past a wrong one.
  window.addEventListener('popstate', () => {
    const wanted = Math.max(0, steps.findIndex((step) => `#${nameOf(step)}` === location.hash))
    const firstWrong = steps.findIndex((step) => [...fieldsOf(step)].some((field) => problem(field)))
    show(steps[firstWrong < 0 ? wanted : Math.min(wanted, firstWrong)])
  })

  function advance() {
    if (check(current)) go(steps[steps.indexOf(current) + 1])
  }

  function go(step) {
    history.pushState(null, '', `#${nameOf(step)}`)
    show(step)
  }

  function show(step, { focus = true } = {}) {
    current = step
    for (const one of steps) one.hidden = one !== step
    const at = steps.indexOf(step)
    document.querySelectorAll('[data-progress]').forEach((item, i) => {
      item.classList.toggle('done', i < at)
      if (i === at) item.setAttribute('aria-current', 'step')
      else item.removeAttribute('aria-current')
    })
    if (step === steps.at(-1)) review()
    save()
    if (!focus) return
    document.querySelector('.progress').scrollIntoView({ block: 'nearest' })
    step.querySelector('legend').focus()
  }

  // One field per name: a set of radio buttons is checked through its first button.
  function fieldsOf(step) {
    const seen = new Map()
    for (const field of step.querySelectorAll('input, select')) if (!seen.has(field.name)) seen.set(field.name, field)
    return seen.values()
  }

  function problem(field) {
    if (field.type === 'radio') return field.required && !form.elements[field.name].value ? 'choose' : null
    if (field.type === 'checkbox') return field.required && !field.checked ? 'agree' : null
    const value = field.value.trim()
    if (field.validity?.badInput) return 'date'
    if (!value) return field.required ? (field.tagName === 'SELECT' ? 'choose' : 'required') : null
    return field.dataset.check ? window.haemilChecks[field.dataset.check](value) : null
  }

  function checkField(field) {
    const key = problem(field)
    const said = form.querySelector(`[data-error-for="${field.name}"]`)
    said.hidden = !key
    said.textContent = key ? messages[key] : ''
    const marked = field.type === 'radio' ? form.querySelectorAll(`[name="${field.name}"]`) : [field]
    for (const one of marked) {
      one.setAttribute('aria-invalid', String(Boolean(key)))
      const hint = document.getElementById(`${field.name}-hint`)
      const described = [hint && hint.id, key && said.id].filter(Boolean).join(' ')
      if (described) one.setAttribute('aria-describedby', described)
      else one.removeAttribute('aria-describedby')
    }
    return key
  }

  function check(step) {
    const wrong = [...fieldsOf(step)].filter((field) => checkField(field))
    const box = step.querySelector('[data-errors]')
    box.querySelector('ul').replaceChildren(...wrong.map((field) => {
      const item = document.createElement('li')
      const link = document.createElement('a')
      link.href = `#${field.id || field.name}`
      link.textContent = `${labelOf(field)}: ${messages[problem(field)]}`
      link.addEventListener('click', (event) => { event.preventDefault(); field.focus() })
      item.append(link)
      return item
    }))
    box.hidden = wrong.length === 0
    if (wrong.length > 0 && step === current) wrong[0].focus()
    return wrong.length === 0
  }

  function labelOf(field) {
    const label = field.type === 'radio' ? field.closest('fieldset').querySelector('legend') : form.querySelector(`label[for="${field.id}"]`) || field.closest('label')
    return (label.firstChild.nodeType === Node.TEXT_NODE ? label.firstChild.textContent : label.textContent).trim()
  }

  function answerOf(field) {
    if (field.tagName === 'SELECT') return field.value ? field.selectedOptions[0].textContent : ''
    if (field.type !== 'radio') return field.value.trim()
    return form.querySelector(`[name="${field.name}"]:checked`)?.closest('label').textContent.trim() ?? ''
  }

  function review() {
    const rows = steps.slice(0, -1).flatMap((step) => [...fieldsOf(step)]).map((field) => {
      const row = document.createElement('div')
      const name = document.createElement('dt')
      const value = document.createElement('dd')
      name.textContent = labelOf(field)
      value.textContent = answerOf(field) || form.dataset.notGiven
      row.append(name, value)
      return row
    })
    form.querySelector('[data-review] dl').replaceChildren(...rows)
  }

  // Only choices are kept, never typed answers.
  function save() {
    const choices = {}
    for (const field of form.querySelectorAll('[data-keep]')) {
      if (field.type !== 'radio' || field.checked) choices[field.name] = field.value
    }
    try { localStorage.setItem(DRAFT, JSON.stringify({ at: Date.now(), choices })) } catch { /* not remembered */ }
  }

  function restore() {
    let draft = null
    try { draft = JSON.parse(localStorage.getItem(DRAFT)) } catch { /* start afresh */ }
    if (!draft || !draft.choices || !(Date.now() - draft.at < WEEK_MS)) return false
    for (const field of form.querySelectorAll('[data-keep]')) {
      const value = draft.choices[field.name]
      if (value === undefined) continue
      if (field.type === 'radio') field.checked = field.value === value
      else if ([...field.options].some((option) => option.value === value)) field.value = value
    }
    return true
  }
})()
