import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { parseArguments } from '../common/arguments.mjs'
import { CATEGORIES, cards, cardsIn } from './cards.mjs'
import { offersText } from './offers.mjs'
import { createSite } from './site.mjs'
import { texts } from './text/index.mjs'

const CSP = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'`
const PAGES = ['/', '/cards', '/cards?category=dining', '/compare', '/compare?cards=sora-sky,dami-cart', '/apply', '/apply/sora-sky', '/apply/sora-sky/thanks', '/search', '/search?q=sky', '/help', '/help/lost-card', '/privacy', '/sign-in',
  ...CATEGORIES.map((category) => `/cards/category/${category}`), ...cards.map((card) => `/cards/${card.id}`)]

const open = []
let bank
let seen
let collector

async function listen(handler) {
  const server = http.createServer(handler)
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  open.push(server)
  return `http://127.0.0.1:${server.address().port}`
}

const get = (path, options) => fetch(bank + path, { redirect: 'manual', ...options })
const text = async (path, options) => (await get(path, options)).text()
const postForm = (path, fields, headers) => get(path, { method: 'POST', body: new URLSearchParams(fields), headers })

before(async () => {
  collector = await listen(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    seen = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) }
    if (request.headers['if-none-match'] === '"v1"') return response.writeHead(304, { etag: '"v1"' }).end()
    response.writeHead(202, { 'content-type': 'text/javascript', 'content-encoding': 'gzip', etag: '"v1"', 'cache-control': 'max-age=60', vary: 'accept-encoding', 'retry-after': '7', 'set-cookie': 'spy=1' })
    return response.end(gzipSync('answer'))
  })
  bank = await listen(createSite({ collector: new URL(collector), siteKey: 'test-key', prefix: '/attune' }))
})
after(() => open.forEach((server) => { server.close(); server.closeAllConnections() }))

test('every page answers in both languages, with one tag line and a strict policy', async () => {
  for (const lang of ['en', 'ko']) {
    for (const path of PAGES) {
      const address = lang === 'ko' ? `/ko${path}` : path
      const response = await get(address)
      const body = await response.text()
      assert.equal(response.status, 200, address)
      assert.equal(response.headers.get('content-security-policy'), CSP, address)
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
      assert.equal(response.headers.get('referrer-policy'), 'strict-origin-when-cross-origin')
      assert.equal(body.match(/tag\.js/g).length, 1, address)
      assert.ok(body.includes('<script async src="/attune/tag.js?site=test-key"></script>'), address)
      assert.ok(body.includes(`<html lang="${lang}"`), address)
      assert.ok(!/<style|\sstyle=|\son[a-z]+=/.test(body), `inline style or handler in ${address}`)
      assert.ok(!/<script(?![^>]*\ssrc=)/.test(body), `inline script in ${address}`)
      assert.ok(!/undefined|\[object|NaN/.test(body), `stray value in ${address}`)
      assert.equal(body.match(/<h1/g).length, 1, `one h1 in ${address}`)
      const ids = [...body.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
      assert.equal(new Set(ids).size, ids.length, `ids are unique in ${address}`)
    }
  }
})

test('links between pages lead somewhere', async () => {
  const links = new Set()
  for (const path of ['/', '/cards', '/compare', '/apply', '/cards/sora-sky', '/ko', '/ko/cards', '/ko/cards/maru-home']) {
    for (const [, href] of (await text(path)).matchAll(/href="(\/[^"]*)"/g)) links.add(href.replaceAll('&amp;', '&'))
  }
  for (const link of links) assert.equal((await get(link)).status, 200, link)
})

test('without a site key there is no tag line', async () => {
  const plain = await listen(createSite({ collector: null, siteKey: null, prefix: '/attune' }))
  assert.ok(!(await (await fetch(plain)).text()).includes('tag.js'))
})

test('unknown cards, categories and pages are 404', async () => {
  for (const path of ['/cards/nope', '/apply/nope', '/cards/category/nope', '/help/nope', '/help/constructor', '/nope', '/ko/nope', '/art/nope.svg']) {
    assert.equal((await get(path)).status, 404, path)
  }
})

test('cards: two per category, product metadata, art, words in both languages', async () => {
  for (const category of CATEGORIES) assert.equal(cardsIn(category).length, 2, category)
  for (const card of cards) {
    const body = await text(`/ko/cards/${card.id}`)
    assert.ok(body.includes('<meta property="og:type" content="product">'))
    assert.ok(body.includes(`<meta property="product:retailer_item_id" content="${card.id}">`))
    assert.ok(body.includes(`<meta property="product:category" content="${card.category}">`))
    const art = await get(`/art/${card.id}.svg`)
    assert.equal(art.headers.get('content-type'), 'image/svg+xml')
    for (const t of Object.values(texts)) assert.equal(t.cards[card.id].offer.length, 4)
  }
  const category = await text('/cards/category/travel')
  assert.ok(category.includes('<meta property="product:category" content="travel">'))
  assert.ok(!category.includes('content="product"'))
})

test('the languages have the same words to say', () => {
  const shape = (value) => (value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)])) : typeof value)
  assert.deepEqual(shape(texts.ko), shape(texts.en))
})

test('placements are on their pages', async () => {
  const home = await text('/')
  assert.ok(home.includes('<attune-placement name="home-hero"'))
  for (const [path, name] of [['/', 'home-resume'], ['/cards', 'catalogue-banner'], ['/cards/dami-mall', 'detail-related']]) {
    assert.ok((await text(path)).includes(`data-attune-placement="${name}"`), name)
  }
  for (const part of ['data-attune-text="title"', 'data-attune-text="body"', 'data-attune-text="cta"', 'data-attune-text="badge"', 'data-attune-href="url"', 'data-attune-src="image"', 'data-attune-alt="alt"', 'data-attune-why hidden', 'data-attune-why-text hidden']) {
    assert.ok(home.includes(part), part)
  }
})

test('search counts, finds and escapes', async () => {
  const found = await text('/search?q=LOUNGE')
  assert.ok(found.includes('data-result-count="3"'))
  assert.ok((await text(`/ko/search?q=${encodeURIComponent('장보기')}`)).includes('다미 카트'))
  assert.ok((await text('/search?q=cafe')).includes('Masi Café'))
  const hostile = await text(`/search?q=${encodeURIComponent('"><script>alert(1)</script>')}`)
  assert.ok(!hostile.includes('<script>alert'))
  assert.ok(hostile.includes('&quot;&gt;&lt;script&gt;'))
  assert.ok(hostile.includes('data-result-count="0"'))
})

test('comparison takes a form and a list, at most three', async () => {
  const sent = await get('/compare?cards=sora-sky&cards=dami-cart')
  assert.equal(sent.headers.get('location'), '/compare?cards=sora-sky,dami-cart')
  assert.equal((await text('/compare?cards=sora-sky,dami-cart,masi-cafe,maru-home')).match(/<th scope="col">/g).length, 3)
  assert.ok((await text('/compare?cards=sora-sky,nope')).includes(texts.en.compare.unknown))
})

test('the application has four steps, is sent on, and is resumed', async () => {
  const response = await get('/apply/sora-sky')
  const body = await response.text()
  assert.ok(body.includes('<form id="card-application" name="card-application"'))
  assert.deepEqual([...body.matchAll(/data-step="([a-z]+)"/g)].map((match) => match[1]), ['eligibility', 'personal', 'contact', 'delivery'])
  for (const name of ['full_name', 'birth_date', 'phone', 'email', 'income', 'employment']) assert.ok(body.includes(`name="${name}"`), name)

  const cookie = response.headers.get('set-cookie').split(';')[0]
  assert.equal((await get('/apply', { headers: { cookie } })).headers.get('location'), '/apply/sora-sky')
  assert.equal((await get('/apply?choose=1', { headers: { cookie } })).status, 200)

  const sent = await postForm('/ko/apply/sora-sky', { full_name: 'x' })
  assert.equal(sent.status, 303)
  assert.equal(sent.headers.get('location'), '/ko/apply/sora-sky/thanks')
  assert.match(sent.headers.get('set-cookie'), /application=; .*Max-Age=0/)
  assert.equal((await postForm('/apply/sora-sky', {}, { origin: 'https://elsewhere.example' })).status, 403)
})

test('sign-in greets the customer and names a pseudonymous id', async () => {
  assert.equal((await postForm('/sign-in', { user: 'seoyeon', password: 'no' })).status, 401)
  const entered = await postForm('/sign-in', { user: 'seoyeon', password: 'haemil-demo' })
  assert.equal(entered.status, 303)
  assert.match(entered.headers.get('set-cookie'), /HttpOnly; SameSite=Lax/)
  const cookie = entered.headers.get('set-cookie').split(';')[0]
  const home = await text('/', { headers: { cookie } })
  assert.ok(home.includes('Hello, Seo-yeon Kim'))
  assert.ok(home.includes('<meta name="customer-id" content="cust_8f21c7d4">'))
  await get('/sign-out', { method: 'POST', headers: { cookie } })
  assert.ok(!(await text('/', { headers: { cookie } })).includes('customer-id'))
})

test('the theme choice only leads back to this site', async () => {
  for (const back of ['//elsewhere.example', '/\\elsewhere.example', 'https://elsewhere.example', '/a\r\nx: y']) {
    assert.equal((await postForm('/theme', { theme: 'dark', back })).headers.get('location'), '/')
  }
  assert.equal((await postForm('/theme', { theme: 'dark', back: '/cards?x=1' })).headers.get('location'), '/cards?x=1')
  assert.ok((await text('/', { headers: { cookie: 'theme=dark' } })).includes('data-theme="dark"'))
})

test('the proxy passes method, path, body and headers both ways, and no cookies', async () => {
  const packed = gzipSync('{"events":[]}')
  const response = await get('/attune/v1/events?a=1', { method: 'POST', body: packed, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', origin: 'https://bank.example', 'user-agent': 'tester', 'sec-gpc': '1', cookie: 'session=secret', 'x-forwarded-for': '6.6.6.6' } })
  assert.equal(seen.method, 'POST')
  assert.equal(seen.url, '/v1/events?a=1')
  assert.deepEqual(seen.body, packed)
  const expected = { 'content-type': 'application/json', 'content-encoding': 'gzip', origin: 'https://bank.example', 'user-agent': 'tester', 'sec-gpc': '1', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': new URL(bank).host }
  for (const [name, value] of Object.entries(expected)) assert.equal(seen.headers[name], value, name)
  assert.equal(seen.headers.cookie, undefined)

  assert.equal(response.status, 202)
  assert.equal(await response.text(), 'answer')
  for (const [name, value] of Object.entries({ etag: '"v1"', 'cache-control': 'max-age=60', 'content-type': 'text/javascript', 'content-encoding': 'gzip', vary: 'accept-encoding', 'retry-after': '7' })) {
    assert.equal(response.headers.get(name), value, name)
  }
  assert.equal(response.headers.get('set-cookie'), null)

  assert.equal((await get('/attune/tag.js', { headers: { 'if-none-match': '"v1"' } })).status, 304)
  assert.equal(seen.url, '/tag.js')
  assert.equal((await get('/attune')).status, 404)
})

test('a collector that is away is a quick 502 and the page is unharmed', async () => {
  const gone = await listen(() => {})
  const lonely = await listen(createSite({ collector: new URL(gone), siteKey: 'k', prefix: '/attune' }))
  const server = open.find((one) => gone.endsWith(`:${one.address()?.port}`))
  await new Promise((done) => server.close(done))
  open.splice(open.indexOf(server), 1)
  const started = Date.now()
  assert.equal((await fetch(`${lonely}/attune/tag.js`)).status, 502)
  assert.equal((await fetch(`${lonely}/attune/v1/events`, { method: 'POST', body: 'x'.repeat(100_000) })).status, 502)
  assert.ok(Date.now() - started < 2000)
  assert.equal((await fetch(lonely)).status, 200)
})

test('offers.json is up to date', () => {
  assert.equal(readFileSync(new URL('./offers.json', import.meta.url), 'utf8'), offersText)
  assert.equal(JSON.parse(offersText).length, cards.length + 1)
})

test('bad arguments are named', async () => {
  for (const [argument, value] of [['listen', 'here'], ['listen', '127.0.0.1:99999'], ['collector', 'ftp://x'], ['site-key', 'a"b'], ['prefix', 'attune/']]) {
    assert.throws(() => parseArguments([`--${argument}`, value]), (error) => error.message.includes(argument) && error.message.includes(JSON.stringify(value)))
  }
  const server = fileURLToPath(new URL('./server.mjs', import.meta.url))
  const { code, stderr } = await new Promise((done) => execFile(process.execPath, [server, '--colector', 'x'], (error, _out, stderr) => done({ code: error?.code, stderr })))
  assert.equal(code, 2)
  assert.match(stderr, /--colector/)
})

test('the server says where it listens and stops on a signal', async () => {
  const server = fileURLToPath(new URL('./server.mjs', import.meta.url))
  const child = execFile(process.execPath, [server, '--listen', '127.0.0.1:0'])
  const line = await new Promise((done) => child.stdout.once('data', done))
  assert.match(String(line), /^listening http:\/\/127\.0\.0\.1:\d+\n$/)
  const code = await new Promise((done) => { child.once('exit', done); child.kill('SIGTERM') })
  assert.equal(code, 0)
})
