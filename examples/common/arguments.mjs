// Command-line arguments shared by the example servers.

const USAGE = `usage: node server.mjs --listen HOST:PORT [--collector URL] [--site-key KEY] [--prefix /PATH]`

const CHECKS = {
  listen: checkListen,
  collector: checkCollector,
  'site-key': checkSiteKey,
  prefix: checkPrefix,
}

export class BadArgument extends Error {}

/** Parses `--name value` and `--name=value`; throws BadArgument naming what was wrong. */
export function parseArguments(argv) {
  const found = { listen: checkListen('127.0.0.1:0'), collector: null, 'site-key': null, prefix: '/attune' }
  for (let i = 0; i < argv.length; i += 1) {
    const [flag, ...rest] = argv[i].split('=')
    const name = flag.startsWith('--') ? flag.slice(2) : ''
    if (!Object.hasOwn(CHECKS, name)) throw new BadArgument(`unknown argument ${JSON.stringify(argv[i])}\n${USAGE}`)
    const value = rest.length > 0 ? rest.join('=') : argv[++i]
    if (value === undefined) throw new BadArgument(`argument --${name} needs a value\n${USAGE}`)
    found[name] = CHECKS[name](value)
  }
  return { listen: found.listen, collector: found.collector, siteKey: found['site-key'], prefix: found.prefix }
}

function wrong(name, value, expected) {
  return new BadArgument(`argument --${name} ${JSON.stringify(value)}: expected ${expected}`)
}

function checkListen(value) {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(value)
  if (!match || Number(match[2]) > 65535) throw wrong('listen', value, 'HOST:PORT, such as 127.0.0.1:8080')
  return { host: match[1].replace(/^\[|\]$/g, ''), port: Number(match[2]) }
}

function checkCollector(value) {
  const url = URL.canParse(value) ? new URL(value) : null
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw wrong('collector', value, 'an http or https address, such as http://127.0.0.1:9000')
  }
  return url
}

function checkSiteKey(value) {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(value)) throw wrong('site-key', value, 'letters, digits, "_", "." or "-"')
  return value
}

function checkPrefix(value) {
  if (!/^(\/[A-Za-z0-9_-]+)+$/.test(value)) throw wrong('prefix', value, 'a path without a final slash, such as /attune')
  return value
}
