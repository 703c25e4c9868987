import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

import { descriptorBudget } from '@sockyard/net/access'
import { NativeCallsMissingError } from '@sockyard/posix/ffi'

import type { HttpConnections } from '../http/connections.ts'
import { createHttpServer, respondText } from '../http/http-server.ts'
import type { Logger } from '../log/log.ts'
import { listeningOptions } from '../metrics/listening-sockets.ts'
import { peersAnswer } from '../metrics/peers.ts'
import type { Registry } from '../metrics/prometheus.ts'
import { type EventHub, serveEvents } from './events.ts'

/** In all, where there are descriptors for so many. */
const MAXIMUM_CONNECTIONS = 64
/** Of them, event streams: the rest is for health checks and the like. */
const STREAMS_SHARE = 1 / 4

/** Where the admin endpoint listens, and what it shows. */
export interface AdminOptions {
  host: string
  /** 0 picks a free one; the log says which. */
  port: number
  /** Whose pages may read the answers (CORS). */
  origins: readonly string[]
  metrics: Registry
  events: Pick<EventHub, 'subscribe' | 'after'>
  isReady: () => boolean
  log: Logger
}

/** The admin endpoint of a process: /livez, /readyz, /metrics, /events, /peers and /options. */
export interface Admin {
  /** @throws {NetworkError} AddressInUseError when the port is taken */
  start(): Promise<void>
  /** Cuts every connection, event streams too. */
  stop(): Promise<void>
}

type Exchange = [request: IncomingMessage, response: ServerResponse, connections: HttpConnections]

interface Route {
  description: string
  respond(...exchange: Exchange): Promise<void> | void
}

/** The HTTP endpoint for those that run the service: health, metrics, events and socket options. */
export function createAdmin(options: AdminOptions): Admin {
  const { host, port, log, origins } = options
  const routes = routesOf(options)
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

function routesOf({ metrics, events, isReady, log }: AdminOptions): ReadonlyMap<string, Route> {
  const render = atMostATenth(() => metrics.metrics())
  const renderOwn = atMostATenth(() => metricsOfService(metrics))
  const peers = atMostATenth(async () => peersAnswer(metrics, nameOf(log)))
  const routes: [string, Route][] = [
    [
      '/livez',
      {
        description: 'whether the process runs',
        respond: (_request, response) => respondText(response, 200, 'live'),
      },
    ],
    [
      '/readyz',
      {
        description: 'whether clients are served',
        respond: (_request, response) =>
          respondText(response, isReady() ? 200 : 503, isReady() ? 'ready' : 'not ready'),
      },
    ],
    [
      '/metrics',
      {
        description: 'metrics, in the text format of Prometheus',
        async respond(_request, response) {
          const text = await render()
          response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
        },
      },
    ],
    [
      '/metrics/service',
      {
        description: 'the same without those of Node, for half the work',
        async respond(_request, response) {
          const text = await renderOwn()
          response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
        },
      },
    ],
    [
      '/events',
      {
        description: 'the log as server-sent events; Last-Event-ID replays what was missed',
        respond(request, response, connections) {
          if (!connections.beginStream(request))
            return respondText(response, 503, 'too many event streams')
          serveEvents(response, events, lastEventId(request))
        },
      },
    ],
    [
      '/options',
      {
        description: 'the options of the listening sockets, as the kernel has them now',
        respond: (_request, response) => respondOptions(response, metrics),
      },
    ],
    [
      '/peers',
      {
        description: 'the peers with the most traffic, and the groups that are joined',
        async respond(_request, response) {
          respondJson(response, await peers())
        },
      },
    ],
  ]
  const index = routes.map(([path, { description }]) => `${path}\t${description}`).join('\n')
  const root: Route = {
    description: 'this list',
    respond: (_request, response) => respondText(response, 200, index),
  }
  return new Map([['/', root], ...routes])
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

function lastEventId({ headers }: IncomingMessage): string | undefined {
  const id = headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** Every line of a log has the name of the app. */
function nameOf(log: Logger): string {
  return String(log.bindings()['name'] ?? '')
}

async function metricsOfService(metrics: Registry): Promise<string> {
  const names = metrics.getMetricsAsArray().map(({ name }) => name)
  const own = names.filter((name) => !name.startsWith('nodejs_'))
  const texts = await Promise.all(own.map((name) => metrics.getSingleMetricAsString(name)))
  return `${texts.join('\n\n')}\n`
}

/**
 * Makes an answer at most a tenth of the time, however many ask: those that have to wait share the next one. It is
 * never older than the question.
 */
function atMostATenth<Answer>(make: () => Promise<Answer>): () => Promise<Answer> {
  let next: Promise<Answer> | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function makeNext(): Promise<Answer> {
    await last
    next = undefined
    const began = performance.now()
    const answer = make()
    last = answer.then(
      () => sleep(9 * (performance.now() - began), undefined, { ref: false }),
      () => undefined,
    )
    return answer
  }

  return () => (next ??= makeNext())
}

function respondOptions(response: ServerResponse, metrics: Registry): void {
  try {
    respondJson(response, { sockets: listeningOptions(metrics) })
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError)) throw error
    respondText(response, 503, error.message)
  }
}

function respondJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}
