import { html } from '../html.mjs'

function plain(page, words, status) {
  const { t } = page
  return { status, view: { title: words.title, main: html`<div class="wrap narrow page">
<h1>${words.title}</h1>
<p class="lead">${words.body}</p>
<p class="row"><a class="button" href="${page.href('/cards')}">${t.common.cards}</a><a class="button quiet" href="${page.href('/help')}">${t.common.help}</a></p>
</div>` } }
}

export const notFound = (page) => plain(page, page.t.notFound, 404)
export const refused = (page) => plain(page, page.t.refused, 403)
