// A single-page application: one page for every address, its script built when the server starts.
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { createProxy } from '../common/proxy.mjs'
import { run } from '../common/run.mjs'

const here = (name) => new URL(name, import.meta.url).pathname
const ROUTES = ['/', '/cards', '/offers']

const { outputFiles } = await build({
  entryPoints: [here('app.mjs')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
  // Packages of this repository stand where a registry would put them.
  alias: { 'attune-web': here('../../packages/web/index.js'), 'attune-web/placements': here('../../packages/web/placements.js'), 'attune-vue': here('../../packages/vue/index.js') },
  define: { 'process.env.NODE_ENV': '"production"', __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
})
const script = outputFiles[0].contents

const HEADERS = {
  'content-security-policy': `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue`,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
}

/** `options` is { collector, siteKey, prefix }. */
export function createSite({ collector, siteKey, prefix }) {
  const proxy = createProxy(collector)
  const page = readFileSync(here('index.html'), 'utf8').replace('SITE_KEY', siteKey ?? '').replace('PREFIX', prefix)
  const files = {
    '/app.js': [script, 'text/javascript; charset=utf-8'],
    ...Object.fromEntries(ROUTES.map((route) => [route, [page, 'text/html; charset=utf-8']])),
  }

  return function handle(request, response) {
    if (request.url.startsWith(`${prefix}/`)) return proxy(request, response, request.url.slice(prefix.length))
    request.resume()
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    if (!['GET', 'HEAD'].includes(request.method)) return response.writeHead(405, { allow: 'GET, HEAD' }).end()
    const path = request.url.split('?')[0]
    if (!Object.hasOwn(files, path)) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
    const [body, type] = files[path]
    response.writeHead(200, { 'content-type': type })
    return response.end(request.method === 'HEAD' ? undefined : body)
  }
}

if (process.argv[1] && import.meta.url === new URL(process.argv[1], 'file:').href) run(createSite)
