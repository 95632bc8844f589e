import { cards } from '../cards.mjs'
import { html } from '../html.mjs'
import { breadcrumb, cardImage } from '../parts.mjs'

const LONGEST_QUERY = 100

const fold = (text) => text.normalize('NFKC').toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC')

export function searchPage(page) {
  const { t } = page
  const query = (page.query.get('q') ?? '').trim().slice(0, LONGEST_QUERY)
  const found = query ? search(t, query) : []
  return { view: { title: query ? `${query} · ${t.search.title}` : t.search.title, main: html`<div class="wrap narrow page">
${breadcrumb(page, [[t.common.home, '/'], [t.search.title]])}
<h1>${t.search.title}</h1>
<form class="find wide" role="search" action="${page.href('/search')}"><input type="search" name="q" value="${query}" aria-label="${t.common.searchLabel}" placeholder="${t.search.placeholder}" maxlength="${LONGEST_QUERY}"><button class="button">${t.common.search}</button></form>
<p class="count" role="status" data-result-count="${found.length}">${query ? t.search.results(found.length, query) : t.search.empty}</p>
${found.length > 0 && html`<ul class="results">${found.map((result) => resultItem(page, result))}</ul>`}
${found.length === 0 && html`${query && html`<p>${t.search.none}</p>`}<p class="row words">${t.search.suggestions.map((word) => html`<a class="button quiet small" href="${page.href(`/search?q=${encodeURIComponent(word)}`)}">${word}</a>`)}</p>`}
</div>` } }
}

function resultItem(page, { card, title, text, path }) {
  const { t } = page
  return html`<li${card && html` class="with-art"`}>${card && cardImage(card)}<div><p class="kind">${card ? `${t.search.card} · ${t.categories[card.category]}` : t.search.help}</p><h2><a href="${page.href(path)}">${title}</a></h2><p>${text}</p></div></li>`
}

/** Every word must occur; a word in the title counts most. */
function search(t, query) {
  const words = fold(query).split(/\s+/)
  return documents(t)
    .map((document) => ({ document, score: score(document, words) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((one) => one.document)
}

function score({ title, all }, words) {
  const [head, body] = [fold(title), fold(all)]
  let sum = 0
  for (const word of words) {
    if (!body.includes(word)) return 0
    sum += 1 + (head.includes(word) ? 5 : 0)
  }
  return sum
}

function documents(t) {
  const fromCards = cards.map((card) => {
    const { name, line, rateOn, benefits } = t.cards[card.id]
    return { card, title: name, text: line, path: `/cards/${card.id}`, all: [name, line, rateOn, t.categories[card.category], t.categoryLines[card.category], ...benefits.flat()].join(' ') }
  })
  const fromHelp = Object.entries(t.articles).map(([topic, { title, summary, body }]) =>
    ({ title, text: summary, path: `/help/${topic}`, all: [title, summary, ...body].join(' ') }))
  return [...fromCards, ...fromHelp]
}
