import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'

import { descriptorBudget } from '@sockyard/net/access'

import { createHttpServer, respondText } from '../http/http-server.ts'
import { adminRoutes, type AdminSources, type Exchange, type Route } from './admin-routes.ts'

/** In all, where there are descriptors for so many. */
const MAXIMUM_CONNECTIONS = 64
/** Of them, event streams: the rest is for health checks and the like. */
const STREAMS_SHARE = 1 / 4

/** Where the admin endpoint listens, and what it shows. */
export interface AdminOptions extends AdminSources {
  host: string
  /** 0 picks a free one; the log says which. */
  port: number
  /** Whose pages may read the answers (CORS). */
  origins: readonly string[]
}

/** The admin endpoint of a process: /livez, /readyz, /metrics, /events, /peers and /options. */
export interface Admin {
  /** @throws {NetworkError} AddressInUseError when the port is taken */
  start(): Promise<void>
  /** Cuts every connection, event streams too. */
  stop(): Promise<void>
}

/** The HTTP endpoint for those that run the service: health, metrics, events and socket options. */
export function createAdmin(options: AdminOptions): Admin {
  const { host, port, log, origins } = options
  const routes = adminRoutes(options)
  const server = createHttpServer({
    host,
    port,
    log,
    transport: 'http',
    limits: {
      connections: maximumConnections,
      streams: () => Math.floor(maximumConnections() * STREAMS_SHARE),
    },
    onRequest: (...exchange) => void respond(exchange, routes, origins),
  })
  return { start: async () => void (await server.start()), stop: () => server.stop() }
}

function maximumConnections(): number {
  return Math.min(MAXIMUM_CONNECTIONS, descriptorBudget().adminConnections)
}

async function respond(
  [request, response, connections]: Exchange,
  routes: ReadonlyMap<string, Route>,
  origins: readonly string[],
): Promise<void> {
  if (!isOurName(request.headers.host))
    return respondText(response, 421, 'the Host header is not an address or name of this host')
  allowOrigin(request, response, origins)
  const [path = ''] = (request.url ?? '').split('?')
  const route = routes.get(path)
  if (route === undefined)
    return respondText(response, 404, `not found; there is ${[...routes.keys()].join(' ')}`)
  if (request.method === 'HEAD' && path === '/events')
    return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return respondText(response.setHeader('allow', 'GET, HEAD'), 405, 'GET and HEAD only')
  try {
    await route.respond(request, response, connections)
  } catch {
    respondText(response, 500, 'failed')
  }
}

/**
 * Whether a Host header can name this host. A foreign page whose name was made to resolve to our address (DNS
 * rebinding) has a public name there: with a dot, and none that only a local network knows.
 */
function isOurName(host: string | undefined): boolean {
  // HTTP/1.0; no browser.
  if (host === undefined) return true
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  if (isIP(name) !== 0 || !name.includes('.')) return true
  return (
    name === hostname().toLowerCase() || /\.(localhost|local|internal|lan|home\.arpa)$/.test(name)
  )
}

/** Lets pages of the configured origins read the answer (Fetch Standard, section 3.3, CORS protocol). */
function allowOrigin(
  { headers }: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void {
  if (origins.length === 0) return
  response.setHeader('vary', 'Origin')
  const { origin } = headers
  if (origin !== undefined && origins.includes(origin))
    response.setHeader('access-control-allow-origin', origin)
}
