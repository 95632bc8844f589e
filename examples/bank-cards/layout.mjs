// The frame around every page: head, header, notice, footer.
import { mark } from './art.mjs'
import { html, markup } from './html.mjs'
import { version } from './assets.mjs'

const logo = markup(`<svg viewBox="0 0 46 46" width="30" height="30" aria-hidden="true" focusable="false">${mark(0, 0, 46, 'currentColor')}</svg>`)

/** `view` is { title, description, main, meta?, scripts?, className? }. */
export function layout(page, view) {
  const { t } = page
  return html`<!doctype html>
<html lang="${t.lang}"${page.theme === 'auto' ? '' : html` data-theme="${page.theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${page.tag && html`<script async src="${page.tag}"></script>
`}<title>${view.title}</title>
<meta name="description" content="${view.description ?? t.home.description}">
<meta name="color-scheme" content="light dark">
<meta property="og:site_name" content="${t.brand}">
<meta property="og:title" content="${view.title}">
<meta property="og:locale" content="${t.locale}">
${view.meta ?? html`<meta property="og:type" content="website">`}
${page.customer && html`<meta name="customer-id" content="${page.customer.id}">`}
<link rel="alternate" hreflang="en" href="${page.path}">
<link rel="alternate" hreflang="ko" href="/ko${page.path === '/' ? '/' : page.path}">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/site.css?v=${version}">
<script defer src="/site.js?v=${version}"></script>
${(view.scripts ?? []).map((name) => html`<script defer src="/${name}?v=${version}"></script>`)}
</head>
<body class="${view.className ?? ''}">
<a class="skip" href="#main">${t.common.skip}</a>
${header(page)}
<main id="main" tabindex="-1">
${view.main}
</main>
${footer(page)}
${notice(page)}
</body>
</html>
`
}

function header(page) {
  const { t } = page
  const link = (path, label) => {
    const here = page.path === path || page.path.startsWith(`${path}/`)
    return html`<a href="${page.href(path)}"${here && html` aria-current="page"`}>${label}</a>`
  }
  return html`<header class="top">
<div class="utility"><div class="wrap">
<div class="choice"><span id="personalised-label">${t.common.personalised}</span><button type="button" class="switch" role="switch" aria-checked="true" aria-labelledby="personalised-label" data-personalised><span></span></button></div>
<nav class="account" aria-label="${t.common.account}">
<a href="${page.otherLanguage}" lang="${t.other}" hreflang="${t.other}">${t.otherName}</a>
${page.customer ? html`<span class="greeting" data-greeting>${t.common.hello(page.customer.names[t.lang])}</span>
<form method="post" action="${page.href('/sign-out')}"><button class="plain">${t.common.signOut}</button></form>` : link('/sign-in', t.common.signIn)}
</nav>
</div></div>
<div class="wrap bar">
<a class="brand" href="${page.href('/')}">${logo}<span>${t.brand}</span></a>
<nav class="menu" aria-label="${t.common.menu}">${link('/cards', t.common.cards)}${link('/compare', t.common.compare)}${link('/help', t.common.help)}</nav>
<form class="find" role="search" action="${page.href('/search')}"><input type="search" name="q" aria-label="${t.common.searchLabel}" placeholder="${t.common.search}" maxlength="100"><button class="plain" aria-label="${t.common.search}"><svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"><circle cx="8.500" cy="8.500" r="5.500"/><path d="M12.700 12.700L17 17"/></svg></button></form>
</div>
</header>`
}

function footer(page) {
  const { t } = page
  const link = (path, label) => html`<li><a href="${page.href(path)}">${label}</a></li>`
  return html`<footer class="foot"><div class="wrap">
<nav aria-label="${t.footer.columns}"><ul>${link('/cards', t.common.cards)}${link('/compare', t.common.compare)}${link('/apply', t.footer.resume)}${link('/help', t.common.help)}${link('/privacy', t.footer.privacy)}</ul></nav>
<form class="themes" method="post" action="${page.href('/theme')}"><span id="themes-label">${t.footer.appearance}</span><input type="hidden" name="back" value="${page.address}"><span role="group" aria-labelledby="themes-label">${Object.entries(t.footer.themes).map(([value, label]) => html`<button name="theme" value="${value}" aria-pressed="${value === page.theme ? 'true' : 'false'}">${label}</button>`)}</span></form>
<p>${t.footer.rules}</p>
<p>${t.footer.company}</p>
</div></footer>`
}

function notice(page) {
  const { t } = page
  return html`<section class="notice" aria-label="${t.notice.label}" data-notice hidden>
<p>${t.notice.text} <a href="${page.href('/privacy')}">${t.notice.link}</a></p>
<button type="button" class="button small" data-notice-close>${t.notice.close}</button>
</section>`
}
