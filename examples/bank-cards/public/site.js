// What every page of the bank does itself: the personalisation switch, the notice,
// telling Attune who is signed in, and holding a comparison to three cards.
(() => {
  const PERSONALISE = 'haemil.personalise'
  const NOTICE = 'haemil.notice'
  const CUSTOMER = 'haemil.customer'
  const MOST_COMPARED = 3

  // Before the SDK has loaded this is a plain array; afterwards push still works.
  const tell = (...call) => (window.attune = window.attune || []).push(call)

  // Storage may be refused; the page then simply does not remember.
  const recall = (key) => { try { return localStorage.getItem(key) } catch { return null } }
  const keep = (key, value) => { try { localStorage.setItem(key, value) } catch { /* not remembered */ } }
  const drop = (key) => { try { localStorage.removeItem(key) } catch { /* nothing was kept */ } }

  document.documentElement.classList.add('scripted')
  personalisation()
  customer()
  notice()
  forget()
  document.querySelectorAll('form[data-compare]').forEach(comparison)

  function personalisation() {
    const switches = [...document.querySelectorAll('[data-personalised]')]
    const show = (on) => switches.forEach((one) => one.setAttribute('aria-checked', String(on)))
    const stored = recall(PERSONALISE)
    show(stored !== 'off')
    if (stored !== null) tell('consent', { personalise: stored !== 'off' })
    for (const one of switches) {
      one.addEventListener('click', () => {
        const on = one.getAttribute('aria-checked') !== 'true'
        keep(PERSONALISE, on ? 'on' : 'off')
        show(on)
        tell('consent', { personalise: on })
      })
    }
  }

  function customer() {
    const id = document.querySelector('meta[name="customer-id"]')?.content
    if (id) {
      tell('identify', id)
      keep(CUSTOMER, id)
    } else if (recall(CUSTOMER) !== null) {
      tell('reset')
      drop(CUSTOMER)
    }
  }

  function notice() {
    const box = document.querySelector('[data-notice]')
    if (!box || recall(NOTICE) !== null) return
    box.hidden = false
    box.querySelector('[data-notice-close]').addEventListener('click', () => {
      keep(NOTICE, 'read')
      box.hidden = true
    })
  }

  function forget() {
    const button = document.querySelector('[data-forget]')
    button?.addEventListener('click', () => {
      tell('forget')
      drop('haemil.draft')
      const said = document.querySelector('[data-forgotten]')
      said.textContent = said.dataset.forgotten
    })
  }

  function comparison(form) {
    const boxes = [...form.querySelectorAll('input[name="cards"]')]
    const limit = () => {
      const full = boxes.filter((box) => box.checked).length >= MOST_COMPARED
      for (const box of boxes) box.disabled = full && !box.checked
    }
    form.addEventListener('change', limit)
    limit()
  }
})()
