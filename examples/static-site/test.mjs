import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { createSite } from './server.mjs'

test('the page names the collector in its tag line and policy, and nothing else foreign', async () => {
  const server = http.createServer(createSite({ collector: new URL('https://collect.example:8443/base/'), siteKey: 'key-1' }))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const site = `http://127.0.0.1:${server.address().port}`
  try {
    const response = await fetch(site)
    const body = await response.text()
    assert.equal(body.match(/<script/g).length, 1)
    assert.ok(body.includes('<script async src="https://collect.example:8443/base/tag.js?site=key-1"></script>'))
    const policy = response.headers.get('content-security-policy')
    assert.ok(policy.includes(`script-src 'self' 'wasm-unsafe-eval' https://collect.example:8443;`))
    assert.ok(policy.includes(`connect-src 'self' https://collect.example:8443;`))
    assert.ok(body.includes('data-attune-placement="article-offer"'))
    assert.ok(!/<style|\sstyle=/.test(body))
    for (const path of ['/site.css', '/lagoon.svg']) assert.equal((await fetch(site + path)).status, 200)
    assert.equal((await fetch(`${site}/../server.mjs`)).status, 404)
  } finally {
    server.close()
    server.closeAllConnections()
  }
})
