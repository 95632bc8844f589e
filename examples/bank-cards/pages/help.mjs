import { html } from '../html.mjs'
import { breadcrumb } from '../parts.mjs'

export function helpPage(page) {
  const { t } = page
  return { view: { title: t.help.title, description: t.help.lead, main: html`<div class="wrap narrow page">
${breadcrumb(page, [[t.common.home, '/'], [t.help.title]])}
<h1>${t.help.title}</h1><p class="lead">${t.help.lead}</p>
${articleList(page, Object.keys(t.articles))}
</div>` } }
}

export function articlePage(page, topic) {
  const { t } = page
  if (!Object.hasOwn(t.articles, topic)) return null
  const article = t.articles[topic]
  return { view: { title: article.title, description: article.summary, main: html`<div class="wrap narrow page">
${breadcrumb(page, [[t.common.home, '/'], [t.help.title, '/help'], [article.title]])}
<article><h1>${article.title}</h1><p class="lead">${article.summary}</p>${article.body.map((text) => html`<p>${text}</p>`)}</article>
<p class="note">${t.help.call}</p>
<h2>${t.help.more}</h2>
${articleList(page, Object.keys(t.articles).filter((other) => other !== topic))}
</div>` } }
}

function articleList(page, topics) {
  const { t } = page
  return html`<ul class="results">${topics.map((topic) => html`<li><h2><a href="${page.href(`/help/${topic}`)}">${t.articles[topic].title}</a></h2><p>${t.articles[topic].summary}</p></li>`)}</ul>`
}
