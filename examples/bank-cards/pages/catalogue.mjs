import { CATEGORIES, cards, cardsIn } from '../cards.mjs'
import { html } from '../html.mjs'
import { breadcrumb, cardImage, figureList, figures, offerImage, offerWords } from '../parts.mjs'

/** All cards, or those of one category. */
export function cataloguePage(page, category) {
  const { t } = page
  if (category && !CATEGORIES.includes(category)) return null
  const shown = category ? cardsIn(category) : cards
  const title = category ? `${t.categories[category]} · ${t.catalogue.title}` : t.catalogue.title
  return { view: {
    title,
    description: t.catalogue.lead,
    meta: html`<meta property="og:type" content="website">${category && html`
<meta property="product:category" content="${category}">`}`,
    main: html`<div class="wrap page">
${breadcrumb(page, category ? [[t.common.home, '/'], [t.catalogue.title, '/cards'], [t.categories[category]]] : [[t.common.home, '/'], [t.catalogue.title]])}
<div class="page-head"><h1>${category ? t.categories[category] : t.catalogue.title}</h1><p class="lead">${category ? t.categoryLines[category] : t.catalogue.lead}</p></div>
<nav class="tabs" aria-label="${t.catalogue.filter}"><a href="${page.href('/cards')}"${!category && html` aria-current="page"`}>${t.catalogue.all}</a>${CATEGORIES.map((one) => html`<a href="${page.href(`/cards/category/${one}`)}"${one === category && html` aria-current="page"`}>${t.categories[one]}</a>`)}</nav>
${banner(page)}
<form action="${page.href('/compare')}" data-compare>
<p class="count">${t.catalogue.count(shown.length)}</p>
<ul class="tiles">${shown.map((card) => tile(page, card))}</ul>
<div class="compare-bar"><span>${t.catalogue.pickHint}</span><button class="button small">${t.catalogue.compare}</button></div>
</form>
</div>`,
  } }
}

function banner(page) {
  const content = { ...page.t.catalogue.banner, url: page.href('/compare'), image: '/art/range.svg', alt: '' }
  return html`<div class="banner" data-attune-placement="catalogue-banner"><div class="offer-words">${offerWords(page.t, content, 'h2')}</div><div class="banner-art">${offerImage(content)}</div></div>`
}

function tile(page, card) {
  const { t } = page
  const words = t.cards[card.id]
  const all = figures(t, card)
  return html`<li class="tile">
<a class="tile-art" href="${page.href(`/cards/${card.id}`)}" tabindex="-1" aria-hidden="true">${cardImage(card)}</a>
<div class="tile-words"><p class="kind">${t.categories[card.category]}</p><h2><a href="${page.href(`/cards/${card.id}`)}">${words.name}</a></h2><p>${words.line}</p></div>
<p class="rate"><strong>${all.rate[1]}</strong> ${words.rateOn}</p>
${figureList([all.fee, all.cap, all.spend])}
<label class="pick"><input type="checkbox" name="cards" value="${card.id}" aria-label="${t.catalogue.pick(words.name)}"> ${t.catalogue.pickShort}</label>
</li>`
}
