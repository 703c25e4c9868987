import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import { NativeCallsMissingError } from '@sockyard/posix/libc'

import { networkError } from './errors.ts'
import type { EventHub } from './event-hub.ts'
import { serveEvents } from './event-stream.ts'
import { listeningOptions } from './listening-sockets.ts'
import type { Logger } from './log.ts'

// As an import it would be 16 MB: a module of Node's that is imported has every name of it read, and behind the
// name WebSocket of node:http is a whole client that is loaded then.
const { createServer } = process.getBuiltinModule('node:http')

const MAXIMUM_CONNECTIONS = 64
/** For a whole request to arrive, and for a response to move on. */
const SLOW_CLIENT_MILLIS = 5000
const CHECK_MILLIS = 1000
const MAXIMUM_HEADER_BYTES = 8192

interface AdminOptions {
  host: string
  /** 0 picks a free one; the log says which. */
  port: number
  metrics: Registry
  events: Pick<EventHub, 'subscribe'>
  isReady: () => boolean
  log: Logger
}

export interface Admin {
  /** @throws {NetworkError} AddressInUseError when the port is taken */
  start(): Promise<void>
  /** Cuts every connection, event streams too. */
  stop(): Promise<void>
}

type Respond = (response: ServerResponse) => Promise<void> | void

/** The HTTP endpoint for whoever runs the service: /livez, /readyz, /metrics, /events and /options. */
export function createAdmin(options: AdminOptions): Admin {
  const { host, port, log } = options
  const responders = respondersOf(options)
  const server = createServer(
    {
      headersTimeout: SLOW_CLIENT_MILLIS,
      requestTimeout: SLOW_CLIENT_MILLIS,
      keepAliveTimeout: SLOW_CLIENT_MILLIS,
      connectionsCheckingInterval: CHECK_MILLIS,
      maxHeaderSize: MAXIMUM_HEADER_BYTES,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    },
    (request, response) => void respond(request, response, responders),
  )
  server.maxConnections = MAXIMUM_CONNECTIONS
  server.setTimeout(SLOW_CLIENT_MILLIS)

  return {
    async start() {
      server.listen(port, host)
      await once(server, 'listening').catch((error: unknown) => {
        throw networkError(error, host, port)
      })
      server.on('error', (error) => log.error({ err: error }, 'admin endpoint'))
      const { address, port: bound } = server.address() as AddressInfo
      log.info({ transport: 'http', address, port: bound }, 'listening')
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function respondersOf({ metrics, events, isReady }: AdminOptions): ReadonlyMap<string, Respond> {
  return new Map<string, Respond>([
    ['/livez', (response) => respondText(response, 200, 'live')],
    [
      '/readyz',
      (response) => respondText(response, isReady() ? 200 : 503, isReady() ? 'ready' : 'not ready'),
    ],
    [
      '/metrics',
      async (response) => {
        const text = await metrics.metrics()
        response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
      },
    ],
    ['/events', (response) => serveEvents(response, events)],
    ['/options', (response) => respondOptions(response, metrics)],
  ])
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  responders: ReadonlyMap<string, Respond>,
): Promise<void> {
  response.on('error', () => undefined)
  const [path = ''] = (request.url ?? '').split('?')
  const responder = responders.get(path)
  if (responder === undefined)
    return respondText(response, 404, `not found; there is ${[...responders.keys()].join(' ')}`)
  if (request.method !== 'GET')
    return respondText(response.setHeader('allow', 'GET'), 405, 'GET only')
  try {
    await responder(response)
  } catch {
    respondText(response, 500, 'failed')
  }
}

/** The options of the listening sockets, as the kernel has them now. */
function respondOptions(response: ServerResponse, metrics: Registry): void {
  try {
    const text = JSON.stringify({ sockets: listeningOptions(metrics) })
    response.writeHead(200, { 'content-type': 'application/json' }).end(`${text}\n`)
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError)) throw error
    respondText(response, 503, error.message)
  }
}

function respondText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
