import { findCard, siblingOf } from '../cards.mjs'
import { html } from '../html.mjs'
import { breadcrumb, cardImage, figureList, figures, offerContent, offerImage, offerWords } from '../parts.mjs'

export function cardPage(page, id) {
  const card = findCard(id)
  if (!card) return null
  const { t } = page
  const words = t.cards[id]
  const all = figures(t, card)
  const sibling = siblingOf(card)
  return { view: {
    title: words.name,
    description: words.line,
    meta: html`<meta property="og:type" content="product">
<meta property="og:description" content="${words.line}">
<meta property="product:retailer_item_id" content="${card.id}">
<meta property="product:category" content="${card.category}">
<meta property="product:brand" content="${t.brand}">
<meta property="product:price:amount" content="${card.feeKrw}">
<meta property="product:price:currency" content="KRW">`,
    main: html`<div class="wrap page">
${breadcrumb(page, [[t.common.home, '/'], [t.catalogue.title, '/cards'], [t.categories[card.category], `/cards/category/${card.category}`], [words.name]])}
<div class="card-head">
<div class="card-plate">${cardImage(card, words.name)}</div>
<div><p class="badge">${t.categories[card.category]}</p><h1>${words.name}</h1><p class="lead">${words.line}</p>
<p class="rate big"><strong>${all.rate[1]}</strong> ${words.rateOn}</p>
${figureList([all.fee, all.cap, all.overseas], 'figures ruled')}
<p class="row"><a class="button" href="${page.href(`/apply/${id}`)}">${t.detail.apply}</a><a class="button quiet" href="${page.href(`/compare?cards=${id},${sibling.id}`)}">${t.detail.compare(t.cards[sibling.id].name)}</a></p></div>
</div>
<section class="split"><h2>${t.detail.benefits}</h2><ul class="benefits">${words.benefits.map(([title, body]) => html`<li><h3>${title}</h3><p>${body}</p></li>`)}</ul></section>
<section class="split"><h2>${t.detail.costs}</h2><div>${figureList([all.fee, all.spend, all.cap, all.overseas, all.income, [t.detail.age, t.detail.ageValue], [t.detail.revolving, t.detail.revolvingValue], [t.detail.late, t.detail.lateValue]], 'sheet')}<p class="legal">${t.detail.legal}</p></div></section>
${related(page, sibling)}
</div>`,
  } }
}

function related(page, sibling) {
  const { t } = page
  const content = offerContent(t, sibling, page.href(''))
  return html`<section class="split"><h2>${t.detail.related}</h2><div class="banner" data-attune-placement="detail-related"><div class="offer-words">${offerWords(t, content, 'h3')}</div><div class="banner-art">${offerImage(content)}</div></div></section>`
}
