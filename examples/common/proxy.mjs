// Passes the first-party path on to the collector and the answer back, as streams.
// The page never waits for this: a collector that is away answers 502 and nothing else happens.
import http from 'node:http'
import https from 'node:https'

const PASSED = [
  'accept', 'accept-encoding', 'accept-language', 'access-control-request-headers', 'access-control-request-method',
  'content-encoding', 'content-length', 'content-type', 'dnt', 'if-modified-since', 'if-none-match', 'origin',
  'range', 'referer', 'sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'sec-gpc', 'traceparent', 'user-agent',
]

// Belong to one connection, or would let the collector set cookies for the bank.
const NOT_RETURNED = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade'])

const CONNECT_TIMEOUT_MS = 1500
const FIRST_BYTE_TIMEOUT_MS = 10_000

/** A function that passes a request on to `path` at the collector; cookies of the bank stay here. */
export function createProxy(collector) {
  const client = collector?.protocol === 'https:' ? https : http
  // A connection per request: none can be found closed just as a body is sent on it.
  const agent = collector && new client.Agent({ keepAlive: false, maxSockets: 64 })
  const base = collector?.pathname.replace(/\/$/, '')

  return function pass(request, response, path) {
    if (!collector) return refuse(request, response, 'no collector configured')
    const upstream = client.request({
      agent,
      protocol: collector.protocol,
      hostname: collector.hostname.replace(/^\[|\]$/g, ''),
      port: collector.port || undefined,
      method: request.method,
      path: base + path,
      headers: forwarded(request),
    })
    const giveUp = () => upstream.destroy(new Error('no answer in time'))
    let timer
    upstream.on('socket', (socket) => {
      timer = setTimeout(giveUp, CONNECT_TIMEOUT_MS)
      socket.once('connect', () => {
        clearTimeout(timer)
        timer = setTimeout(giveUp, FIRST_BYTE_TIMEOUT_MS)
      })
    })

    upstream.on('response', (answer) => {
      clearTimeout(timer)
      for (const [name, value] of Object.entries(answer.headers)) {
        if (!NOT_RETURNED.has(name)) response.setHeader(name, value)
      }
      response.writeHead(answer.statusCode)
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    upstream.on('error', () => {
      clearTimeout(timer)
      refuse(request, response, 'collector away')
    })
    response.on('close', () => {
      clearTimeout(timer)
      if (!response.writableFinished) upstream.destroy()
    })
    request.on('error', () => upstream.destroy())
    request.pipe(upstream)
  }
}

function forwarded(request) {
  const headers = {}
  for (const name of PASSED) {
    if (request.headers[name] !== undefined) headers[name] = request.headers[name]
  }
  // This server is the edge: whatever the browser claimed here is replaced.
  headers['x-forwarded-for'] = request.socket.remoteAddress
  headers['x-forwarded-host'] = request.headers.host
  headers['x-forwarded-proto'] = request.socket.encrypted ? 'https' : 'http'
  return headers
}

function refuse(request, response, reason) {
  request.resume()
  if (response.headersSent || response.destroyed) return response.destroy()
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`${reason}\n`)
}
