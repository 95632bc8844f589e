// A static page on another origin than the collector: the tag line names the collector itself.
import { readFileSync } from 'node:fs'
import { run } from '../common/run.mjs'

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/site.css': ['site.css', 'text/css; charset=utf-8'],
  '/lagoon.svg': ['lagoon.svg', 'image/svg+xml'],
}

/** `options` is { collector, siteKey }. */
export function createSite({ collector, siteKey }) {
  const base = collector ? collector.href.replace(/\/$/, '') : null
  const tag = base && siteKey ? `<script async src="${base}/tag.js?site=${siteKey}"></script>` : ''
  const also = collector ? ` ${collector.origin}` : ''
  const headers = {
    'content-security-policy': `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'${also}; connect-src 'self'${also}; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'cache-control': 'no-cache',
  }

  return function handle(request, response) {
    request.resume()
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (!['GET', 'HEAD'].includes(request.method)) return response.writeHead(405, { allow: 'GET, HEAD' }).end()
    const path = request.url.split('?')[0]
    if (!Object.hasOwn(FILES, path)) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
    const [name, type] = FILES[path]
    const body = read(name).replace('<!-- attune -->', () => tag)
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
    return response.end(request.method === 'HEAD' ? undefined : body)
  }
}

if (process.argv[1] && import.meta.url === new URL(process.argv[1], 'file:').href) run(createSite)
