// Pieces that several pages share.
import { html, markup } from './html.mjs'

/** Card art at its fixed proportion, so that swapping it moves nothing. */
export function cardImage(card, alt = '', className = 'art') {
  return html`<img class="${className}" src="/art/${card.id}.svg" alt="${alt}" width="856" height="540">`
}

/** What a placement shows about one card. The exported offers hold the same values. */
export function offerContent(t, card, prefix) {
  const words = t.cards[card.id]
  const [title, body, cta, badge] = words.offer
  return { title, body, cta, badge, url: `${prefix}/cards/${card.id}`, image: `/art/${card.id}.svg`, alt: words.name }
}

/** The row is kept whether or not the button is hidden; the reason opens over the page. */
export function whyRow(t) {
  return html`<div class="why">
<button type="button" class="why-button" data-attune-why hidden>${t.common.why}</button>
<p class="why-text" data-attune-why-text hidden></p>
</div>`
}

/** The marked words of a placement; `heading` is the element its title uses. */
export function offerWords(t, content, heading) {
  const tag = markup(heading)
  return html`<p class="badge" data-attune-text="badge">${content.badge}</p>
<${tag} class="offer-title" data-attune-text="title">${content.title}</${tag}>
<p class="offer-body" data-attune-text="body">${content.body}</p>
<div class="offer-actions"><a class="button" href="${content.url}" data-attune-href="url" data-attune-text="cta">${content.cta}</a>${whyRow(t)}</div>`
}

export function offerImage(content) {
  return html`<img class="art offer-art" src="${content.image}" alt="${content.alt}" width="856" height="540" data-attune-src="image" data-attune-alt="alt">`
}

/** The figures of a card as [name, value] pairs, most asked first. */
export function figures(t, card) {
  const f = t.figures
  return {
    rate: [f.rate, `${card.ratePercent}%`],
    fee: [f.fee, card.feeKrw === 0 ? f.noFee : t.won(card.feeKrw)],
    cap: [f.cap, card.monthlyCapKrw === null ? f.noCap : t.won(card.monthlyCapKrw)],
    spend: [f.spend, card.priorSpendKrw === 0 ? f.noSpend : t.won(card.priorSpendKrw)],
    overseas: [f.overseas, card.overseasFeePercent === 0 ? f.noOverseas : `${card.overseasFeePercent}%`],
    income: [f.income, f.perYear(t.won(card.minimumIncomeKrw))],
  }
}

export function figureList(pairs, className = 'figures') {
  return html`<dl class="${className}">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

export function breadcrumb(page, steps) {
  const { t } = page
  return html`<nav class="crumbs" aria-label="${t.common.breadcrumb}"><ol>
${steps.map(([label, path]) => html`<li>${path ? html`<a href="${page.href(path)}">${label}</a>` : html`<span aria-current="page">${label}</span>`}</li>`)}
</ol></nav>`
}
