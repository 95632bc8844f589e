// The application: choose a card, fill in four steps, thank you.
import { cards, findCard } from '../cards.mjs'
import { html } from '../html.mjs'
import { breadcrumb, cardImage, figureList, figures } from '../parts.mjs'
import { STEPS, stepFields } from './apply-fields.mjs'

const WEEK_S = 604_800

const startedCookie = (id) => `application=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${id ? WEEK_S : 0}`

/** `/apply` goes back to an application begun earlier; `?choose=1` always shows the cards. */
export function choose(page) {
  const { t } = page
  const begun = findCard(page.cookies.application)
  if (begun && !page.query.has('choose')) return { redirect: page.href(`/apply/${begun.id}`) }
  return { view: { title: t.apply.choose, main: html`<div class="wrap page">
${breadcrumb(page, [[t.common.home, '/'], [t.common.apply]])}
<div class="page-head"><h1>${t.apply.choose}</h1><p class="lead">${t.apply.chooseLead}</p></div>
<ul class="picker">${cards.map((card) => html`<li><a href="${page.href(`/apply/${card.id}`)}">${cardImage(card)}<strong>${t.cards[card.id].name}</strong><span>${card.ratePercent}% ${t.cards[card.id].rateOn}</span></a></li>`)}</ul>
</div>` } }
}

export function form(page, id) {
  const card = findCard(id)
  if (!card) return null
  const { t } = page
  const words = t.cards[id]
  const all = figures(t, card)
  return { cookies: [startedCookie(id)], view: { title: t.apply.title(words.name), scripts: ['checks.js', 'apply.js'], main: html`<div class="wrap page">
${breadcrumb(page, [[t.common.home, '/'], [words.name, `/cards/${id}`], [t.common.apply]])}
<div class="apply">
<div>
<h1>${t.apply.title(words.name)}</h1>
<ol class="progress" aria-label="${t.apply.progress}">${STEPS.map((step) => html`<li data-progress="${step}">${t.apply.steps[step]}</li>`)}</ol>
<form id="card-application" name="card-application" method="post" action="${page.href(`/apply/${id}`)}" data-card="${id}" data-messages="${JSON.stringify(t.apply.messages)}" data-not-given="${t.apply.notGiven}">
${STEPS.map((step, i) => stepSection(page, step, i))}
</form>
</div>
<aside class="panel apply-card">${cardImage(card)}<h2>${words.name}</h2>${figureList([all.rate, all.fee, all.cap], 'sheet')}<p><a href="${page.href('/apply?choose=1')}">${t.apply.another}</a></p><p class="legal">${t.apply.save}</p></aside>
</div></div>` } }
}

function stepSection(page, step, i) {
  const { t } = page
  const last = i === STEPS.length - 1
  return html`<fieldset class="step" data-step="${step}" id="step-${step}"><legend tabindex="-1">${t.apply.stepOf(i + 1, STEPS.length, t.apply.steps[step])}</legend>
<p class="step-lead">${t.apply.leads[step]}</p>
<div class="error-list" role="alert" data-errors hidden><p>${t.apply.errors}</p><ul></ul></div>
${stepFields(t.apply, step)}
${last && html`<section class="review needs-script" data-review><h2>${t.apply.review}</h2><dl class="sheet"></dl></section>`}
<div class="row step-buttons">${i > 0 && html`<button type="button" class="button quiet needs-script" data-back>${t.apply.back}</button>`}${last ? html`<button class="button" data-submit>${t.apply.submit}</button>` : html`<button type="button" class="button needs-script" data-next>${t.apply.next}</button>`}</div>
</fieldset>`
}

/** The demo bank keeps nothing of an application: the body is read and thrown away. */
export function send(page, id, request) {
  request.resume()
  if (!findCard(id)) return null
  return { redirect: page.href(`/apply/${id}/thanks`), cookies: [startedCookie('')] }
}

export function thanks(page, id) {
  const card = findCard(id)
  if (!card) return null
  const { t } = page
  const words = t.apply.thanks
  return { view: { title: words.title, scripts: ['apply.js'], main: html`<div class="wrap narrow page thanks" data-application-sent>
${cardImage(card, t.cards[id].name)}
<h1>${words.title}</h1><p class="lead">${words.body}</p>
<h2>${words.what}</h2><ol>${words.steps.map((step) => html`<li>${step}</li>`)}</ol>
<p class="row"><a class="button" href="${page.href('/')}">${words.home}</a><a class="button quiet" href="${page.href('/help/application')}">${words.help}</a></p>
</div>` } }
}
