import { CATEGORIES, cardsIn, findCard } from '../cards.mjs'
import { html } from '../html.mjs'
import { cardImage, figureList, figures, offerContent, offerImage, offerWords } from '../parts.mjs'

const HERO = 'maru-daily'
const POPULAR = ['sora-sky', 'dami-cart', 'masi-table']

// A household's month: what is spent, and the card that suits it.
const MONTH = [['dami-cart', 420_000], ['masi-table', 260_000], ['maru-home', 230_000], ['sora-road', 240_000], ['maru-daily', 400_000]]

export function homePage(page) {
  const { t } = page
  return { view: { title: t.home.title, whole: true, className: 'home', main: html`
${resumeStrip(page)}
${hero(page)}
${categories(page)}
${popular(page)}
${month(page)}
<section class="wrap trust">${t.home.trust.map(([title, body]) => html`<div><h2>${title}</h2><p>${body}</p></div>`)}</section>` } }
}

function resumeStrip(page) {
  const words = page.t.home.notice
  return html`<div class="strip" data-attune-placement="home-resume"><div class="wrap">
<p class="strip-words"><strong data-attune-text="title">${words.title}</strong> <span data-attune-text="body">${words.body}</span></p>
<a href="${page.href('/help')}" data-attune-href="url" data-attune-text="cta">${words.cta}</a>
</div></div>`
}

function hero(page) {
  const content = offerContent(page.t, findCard(HERO), page.href(''))
  return html`<attune-placement name="home-hero" class="hero"><div class="wrap">
<div class="offer-words">${offerWords(page.t, content, 'h1')}</div>
<div class="hero-art">${offerImage(content)}</div>
</div></attune-placement>`
}

function categories(page) {
  const { t } = page
  return html`<section class="wrap band">
<div class="band-head"><h2>${t.home.byCategory}</h2><p>${t.home.byCategoryLead}</p></div>
<ul class="kinds">${CATEGORIES.map((category) => html`<li><a href="${page.href(`/cards/category/${category}`)}">
<span class="pair">${cardsIn(category).map((card) => cardImage(card))}</span>
<strong>${t.categories[category]}</strong><span>${t.categoryLines[category]}</span></a></li>`)}</ul>
</section>`
}

function popular(page) {
  const { t } = page
  return html`<section class="wrap band">
<div class="band-head"><h2>${t.home.popular}</h2><p><a href="${page.href('/cards')}">${t.home.all}</a></p></div>
<ol class="ranked">${POPULAR.map((id) => {
    const card = findCard(id)
    const all = figures(t, card)
    return html`<li>${cardImage(card)}<div class="ranked-words"><h3><a href="${page.href(`/cards/${id}`)}">${t.cards[id].name}</a></h3><p>${all.rate[1]} ${t.cards[id].rateOn}</p></div>${figureList([all.fee, all.cap, all.spend])}</li>`
  })}</ol>
</section>`
}

function month(page) {
  const { t } = page
  const rows = MONTH.map(([id, spend]) => {
    const card = findCard(id)
    const back = Math.floor((spend * card.ratePercent) / 100)
    return { id, spend, back: card.monthlyCapKrw === null ? back : Math.min(back, card.monthlyCapKrw) }
  })
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  const [spending, amount, card, back] = t.home.monthHead
  return html`<section class="month"><div class="wrap">
<div><h2>${t.home.month}</h2><p>${t.home.monthLead}</p></div>
<table><thead><tr><th scope="col">${spending}</th><th scope="col" class="number">${amount}</th><th scope="col">${card}</th><th scope="col" class="number">${back}</th></tr></thead>
<tbody>${rows.map((row) => html`<tr><th scope="row">${t.home.monthRows[row.id]}</th><td class="number">${t.won(row.spend)}</td><td><a href="${page.href(`/cards/${row.id}`)}">${t.cards[row.id].name}</a></td><td class="number">${t.won(row.back)}</td></tr>`)}</tbody>
<tfoot><tr><th scope="row">${t.home.monthTotal}</th><td class="number">${t.won(sum('spend'))}</td><td></td><td class="number">${t.won(sum('back'))}</td></tr></tfoot></table>
</div></section>`
}
