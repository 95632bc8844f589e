import { html } from '../html.mjs'
import { breadcrumb } from '../parts.mjs'

export function privacyPage(page) {
  const { t } = page
  const words = t.privacy
  return { view: { title: words.title, description: words.lead, main: html`<div class="wrap narrow page">
${breadcrumb(page, [[t.common.home, '/'], [words.title]])}
<h1>${words.title}</h1><p class="lead">${words.lead}</p>
${words.sections.map(([title, body]) => html`<section><h2>${title}</h2><p>${body}</p></section>`)}
<section class="panel"><h2>${words.control}</h2><p>${words.controlBody}</p>
<p class="row"><span id="choice-label">${t.common.personalised}</span><button type="button" class="switch" role="switch" aria-checked="true" aria-labelledby="choice-label" data-personalised><span></span></button></p>
<p>${words.forgetBody}</p><p class="row"><button type="button" class="button quiet needs-script" data-forget>${words.forget}</button><span role="status" data-forgotten="${words.forgotten}"></span></p></section>
<section><h2>${words.cookies}</h2><div class="scroll" tabindex="0" role="region" aria-label="${words.cookies}"><table class="plain-table"><thead><tr>${words.cookieHead.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${words.cookieRows.map(([name, ...cells]) => html`<tr><th scope="row"><code>${name}</code></th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div></section>
</div>` } }
}
