import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { NativeCallsMissingError } from '@sockyard/posix/ffi'

import type { HttpConnections } from '../http/connections.ts'
import { respondText } from '../http/http-server.ts'
import type { Logger } from '../log/log.ts'
import { listeningOptions } from '../metrics/listening-sockets.ts'
import { peersAnswer } from '../metrics/peers.ts'
import type { Registry } from '../metrics/prometheus.ts'
import { type EventHub, serveEvents } from './events.ts'

/** What the admin endpoint shows. */
export interface AdminSources {
  metrics: Registry
  events: Pick<EventHub, 'subscribe' | 'after'>
  isReady: () => boolean
  log: Logger
}

/** A request, and the connections it came on one of. */
export type Exchange = [
  request: IncomingMessage,
  response: ServerResponse,
  connections: HttpConnections,
]

/** What is found under one path. */
export interface Route {
  description: string
  respond(...exchange: Exchange): Promise<void> | void
}

/** What the admin endpoint answers, by path; `/` lists the others. */
export function adminRoutes({
  metrics,
  events,
  isReady,
  log,
}: AdminSources): ReadonlyMap<string, Route> {
  const routes: Record<string, Route> = {
    ...healthRoutes(isReady),
    ...metricsRoutes(metrics),
    '/events': {
      description: 'the log as server-sent events; Last-Event-ID replays what was missed',
      respond(request, response, connections) {
        if (!connections.beginStream(request))
          return respondText(response, 503, 'too many event streams')
        serveEvents(response, events, lastEventId(request))
      },
    },
    ...socketRoutes(metrics, nameOf(log)),
  }
  const index = Object.entries(routes).map(([path, { description }]) => `${path}\t${description}`)
  const root: Route = {
    description: 'this list',
    respond: (_request, response) => respondText(response, 200, index.join('\n')),
  }
  return new Map(Object.entries({ '/': root, ...routes }))
}

function healthRoutes(isReady: () => boolean): Record<string, Route> {
  return {
    '/livez': {
      description: 'whether the process runs',
      respond: (_request, response) => respondText(response, 200, 'live'),
    },
    '/readyz': {
      description: 'whether clients are served',
      respond: (_request, response) =>
        respondText(response, isReady() ? 200 : 503, isReady() ? 'ready' : 'not ready'),
    },
  }
}

function metricsRoutes(metrics: Registry): Record<string, Route> {
  const route = (description: string, render: () => Promise<string>): Route => {
    const bounded = atMostATenth(render)
    return {
      description,
      async respond(_request, response) {
        const text = await bounded()
        response.writeHead(200, { 'content-type': metrics.contentType }).end(text)
      },
    }
  }
  return {
    '/metrics': route('metrics, in the text format of Prometheus', () => metrics.metrics()),
    '/metrics/service': route('the same without those of Node, for half the work', () =>
      metricsOfService(metrics),
    ),
  }
}

function socketRoutes(metrics: Registry, app: string): Record<string, Route> {
  const peers = atMostATenth(async () => peersAnswer(metrics, app))
  return {
    '/options': {
      description: 'the options of the listening sockets, as the kernel has them now',
      respond: (_request, response) => respondOptions(response, metrics),
    },
    '/peers': {
      description: 'the peers with the most traffic, and the groups that are joined',
      async respond(_request, response) {
        respondJson(response, await peers())
      },
    },
  }
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
