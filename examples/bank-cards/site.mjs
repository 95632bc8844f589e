// One request in, one page out: headers, language, customer, route.
import { serveAsset } from './assets.mjs'
import { layout } from './layout.mjs'
import { notFound, refused } from './pages/errors.mjs'
import { createProxy } from '../common/proxy.mjs'
import { findRoute } from './routes.mjs'
import { customerOf, readCookies } from './session.mjs'
import { texts } from './text/index.mjs'

const SECURITY_HEADERS = {
  'content-security-policy': [
    `default-src 'self'`, `script-src 'self' 'wasm-unsafe-eval'`, `connect-src 'self'`, `style-src 'self'`, `img-src 'self' data:`,
    `object-src 'none'`, `base-uri 'self'`, `form-action 'self'`, `frame-ancestors 'none'`, `require-trusted-types-for 'script'`,
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
}

/** `options` is { collector, siteKey, prefix }. */
export function createSite({ collector, siteKey, prefix }) {
  const proxy = createProxy(collector)
  const tag = siteKey ? `${prefix}/tag.js?site=${siteKey}` : null

  return function handle(request, response) {
    const url = URL.canParse(request.url, 'http://bank') ? new URL(request.url, 'http://bank') : null
    if (!url || !request.url.startsWith('/')) return response.writeHead(400).end()
    if (url.pathname.startsWith(`${prefix}/`)) return proxy(request, response, url.pathname.slice(prefix.length) + url.search)

    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) return response.writeHead(405, { allow: 'GET, HEAD, POST' }).end()
    if (request.method !== 'POST' && serveAsset(request, response, url)) return undefined

    const page = readPage(request, url, tag)
    answer(page, request, response).catch((error) => {
      console.error(`${request.method} ${url.pathname}: ${error.stack}`)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end()
    })
    return undefined
  }
}

function readPage(request, url, tag) {
  const korean = url.pathname === '/ko' || url.pathname.startsWith('/ko/')
  const path = (korean ? url.pathname.slice(3) : url.pathname).replace(/(.)\/+$/, '$1') || '/'
  const t = korean ? texts.ko : texts.en
  const cookies = readCookies(request.headers.cookie)
  const inLanguage = (lang, to) => (lang === 'ko' ? `/ko${to}` : to)
  return {
    t, path, tag, cookies,
    query: url.searchParams,
    address: url.pathname + url.search,
    href: (to) => inLanguage(t.lang, to),
    otherLanguage: inLanguage(t.other, path) + url.search,
    customer: customerOf(cookies.session),
    theme: ['light', 'dark'].includes(cookies.theme) ? cookies.theme : 'auto',
  }
}

/** A route gives { view, status?, cookies? } or { redirect, cookies? }. */
async function answer(page, request, response) {
  let result
  if (request.method === 'POST' && !fromHere(request)) result = refused(page)
  else result = (await findRoute(request.method, page.path)?.(page, request)) ?? notFound(page)

  response.setHeader('cache-control', 'private, no-cache')
  response.setHeader('vary', 'Cookie')
  if (result.cookies) response.setHeader('set-cookie', result.cookies)
  if (result.redirect) return response.writeHead(303, { location: result.redirect }).end()
  const body = layout(page, { ...result.view, title: result.view.whole ? result.view.title : page.t.common.page(result.view.title) }).toString()
  response.writeHead(result.status ?? 200, { 'content-type': 'text/html; charset=utf-8', 'content-language': page.t.lang, 'content-length': Buffer.byteLength(body) })
  return response.end(request.method === 'HEAD' ? undefined : body)
}

/** Browsers name the origin of a POST; one of another site is refused. */
function fromHere(request) {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host
}
