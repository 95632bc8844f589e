// Starts an example server from the command line and stops it on a signal.
import { createServer } from 'node:http'
import { BadArgument, parseArguments } from './arguments.mjs'

/** `build(options)` returns the request handler. */
export function run(build) {
  let options
  try {
    options = parseArguments(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof BadArgument)) throw error
    console.error(error.message)
    process.exit(2)
  }

  const server = createServer(build(options))
  server.on('error', (error) => {
    console.error(`cannot listen on --listen ${options.listen.host}:${options.listen.port}: ${error.message}`)
    process.exit(2)
  })
  server.listen(options.listen.port, options.listen.host, () => {
    const { port } = server.address()
    const host = options.listen.host.includes(':') ? `[${options.listen.host}]` : options.listen.host
    console.log(`listening http://${host}:${port}`)
  })

  const stop = () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
