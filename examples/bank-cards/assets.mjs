// Files the browser asks for besides pages: one style sheet, scripts, card art.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { cardArt, mark, rangeArt } from './art.mjs'
import { cards, findCard } from './cards.mjs'
import { en } from './text/en.mjs'

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
const namesIn = (path) => readdirSync(new URL(path, import.meta.url)).sort()

const assets = new Map()

function add(path, type, body) {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
  assets.set(path, { type, body: Buffer.from(body), etag })
}

add('/site.css', 'text/css; charset=utf-8', namesIn('./styles/').map((name) => read(`./styles/${name}`)).join('\n'))
for (const name of namesIn('./public/')) add(`/${name}`, 'text/javascript; charset=utf-8', read(`./public/${name}`))
for (const card of cards) add(`/art/${card.id}.svg`, 'image/svg+xml', cardArt(card, en.cards[card.id].name))
add('/art/range.svg', 'image/svg+xml', rangeArt(['sora-sky', 'dami-cart', 'maru-daily'].map(findCard)))
add('/icon.svg', 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="15" fill="#0b5c7a"/>${mark(9, 7, 46, '#ffffff')}</svg>`)

/** Changes when any asset does; pages put it into asset addresses. */
export const version = createHash('sha256')
  .update([...assets.values()].map((asset) => asset.etag).join())
  .digest('base64url').slice(0, 10)

/** Answers from the assets; false when there is none of that path. */
export function serveAsset(request, response, url) {
  const asset = assets.get(url.pathname)
  if (!asset) return false
  const fixed = url.searchParams.get('v') === version
  response.setHeader('etag', asset.etag)
  response.setHeader('cache-control', fixed ? 'public, max-age=31536000, immutable' : 'public, max-age=300')
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304).end()
    return true
  }
  response.writeHead(200, { 'content-type': asset.type, 'content-length': asset.body.length })
  response.end(request.method === 'HEAD' ? undefined : asset.body)
  return true
}
