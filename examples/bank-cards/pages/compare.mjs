import { cards, findCard } from '../cards.mjs'
import { html } from '../html.mjs'
import { breadcrumb, cardImage, figures } from '../parts.mjs'

const MOST = 3
const PAIRS = [['sora-sky', 'bora-signature'], ['dami-cart', 'maru-daily'], ['masi-table', 'masi-cafe']]

/** `?cards=a,b`; a form's `?cards=a&cards=b` is sent on to that address. */
export function comparePage(page) {
  const { t } = page
  const given = page.query.getAll('cards')
  const asked = [...new Set(given.flatMap((value) => value.split(',')).map((id) => id.trim()).filter(Boolean))]
  if (given.length > 1) return { redirect: page.href(`/compare?cards=${asked.map(encodeURIComponent).join(',')}`) }

  const known = asked.map(findCard).filter(Boolean)
  const chosen = known.slice(0, MOST)
  const names = chosen.map((card) => t.cards[card.id].name).join(` ${t.compare.and} `)
  return { view: {
    title: chosen.length > 1 ? `${names} · ${t.compare.title}` : t.compare.title,
    description: t.compare.lead,
    main: html`<div class="wrap page">
${breadcrumb(page, [[t.common.home, '/'], [t.compare.title]])}
<div class="page-head"><h1>${t.compare.title}</h1><p class="lead">${t.compare.lead}</p></div>
${known.length < asked.length && html`<p class="note">${t.compare.unknown}</p>`}
${known.length > MOST && html`<p class="note">${t.compare.tooMany}</p>`}
${chosen.length > 1 ? table(page, chosen) : suggestions(page)}
${chooser(page, chosen)}
</div>`,
  } }
}

function table(page, chosen) {
  const { t } = page
  const all = chosen.map((card) => figures(t, card))
  const row = (name, cells) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`
  const rest = (card) => chosen.filter((other) => other !== card).map((other) => other.id).join(',')
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${t.compare.table}"><table class="versus">
<thead><tr><td></td>${chosen.map((card) => html`<th scope="col">${cardImage(card)}<a href="${page.href(`/cards/${card.id}`)}">${t.cards[card.id].name}</a></th>`)}</tr></thead>
<tbody>
${row(t.compare.category, chosen.map((card) => t.categories[card.category]))}
${row(t.figures.rate, chosen.map((card) => html`<strong class="figure">${card.ratePercent}%</strong> ${t.cards[card.id].rateOn}`))}
${['fee', 'cap', 'spend', 'overseas', 'income'].map((key) => row(all[0][key][0], all.map((one) => one[key][1])))}
${row(t.compare.gets, chosen.map((card) => html`<ul>${t.cards[card.id].benefits.map(([title]) => html`<li>${title}</li>`)}</ul>`))}
${row('', chosen.map((card) => html`<a class="button small" href="${page.href(`/apply/${card.id}`)}" aria-label="${t.apply.title(t.cards[card.id].name)}">${t.common.apply}</a>${chosen.length > 2 && html` <a class="remove" href="${page.href(`/compare?cards=${rest(card)}`)}" aria-label="${t.compare.remove(t.cards[card.id].name)}">${t.compare.removeShort}</a>`}`))}
</tbody></table></div>`
}

function suggestions(page) {
  const { t } = page
  return html`<p class="note">${t.compare.none}</p>
<h2>${t.compare.pairs}</h2>
<ul class="pairs">${PAIRS.map((pair) => html`<li><a href="${page.href(`/compare?cards=${pair.join(',')}`)}"><span class="pair">${pair.map((id) => cardImage(findCard(id)))}</span>${pair.map((id) => t.cards[id].name).join(` ${t.compare.and} `)}</a></li>`)}</ul>`
}

function chooser(page, chosen) {
  const { t } = page
  return html`<form class="chooser" action="${page.href('/compare')}" data-compare><fieldset><legend>${t.compare.choose}</legend>
<div class="chips">${cards.map((card) => html`<label><input type="checkbox" name="cards" value="${card.id}"${chosen.includes(card) && html` checked`}>${cardImage(card)}<span>${t.cards[card.id].name}</span></label>`)}</div></fieldset>
<button class="button">${t.compare.button}</button></form>`
}
