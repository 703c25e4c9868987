import { respondText } from '@sockyard/service/http'
import { z } from 'zod'

import { lastEventId } from '../http/last-event-id.ts'
import { respondJson } from '../http/respond-json.ts'
import type { Route } from '../http/responder.ts'
import type { ScrapePace } from '../services/scrape-pace.ts'
import type { ServiceDirectory } from '../services/service-directory.ts'
import type { Store } from '../store/store.ts'
import type { TopologyView } from '../topology/topology-view.ts'
import { eventFields } from './event-fields.ts'
import type { StreamHub } from './stream-hub.ts'

const MAXIMUM_POINTS = 10_000
const MAXIMUM_EVENTS = 1_000

const samplesQuery = z.object({
  series: z.string().min(1),
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  points: z.coerce.number().int().min(1).max(MAXIMUM_POINTS).default(600),
})

const eventsQuery = z.object({
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(MAXIMUM_EVENTS).default(200),
})

interface ApiOptions {
  directory: ServiceDirectory
  store: Store
  topology: TopologyView
  hub: StreamHub
  /** Is told of each request. */
  pace: ScrapePace
}

/** All that the page shows, as JSON; the schemas are those of docs/schemas. */
export function apiRoutes({
  directory,
  store,
  topology,
  hub,
  pace,
}: ApiOptions): ReadonlyMap<string, Route> {
  const routes: Record<string, Route> = {
    '/api/services': (_url, _request, response) => {
      const services = directory.services.map((state) =>
        Object.assign({ options: directory.optionsOf(state.id) }, state),
      )
      respondJson(response, { services })
    },
    '/api/topology': (_url, _request, response) => respondJson(response, topology.now()),
    '/api/series': async (_url, _request, response) =>
      respondJson(response, { series: await store.series() }),
    '/api/samples': async (url, _request, response) => {
      const query = samplesQuery.safeParse(Object.fromEntries(url.searchParams))
      if (!query.success) return respondText(response, 400, faultOf(query.error))
      const { series, from, to, points } = query.data
      const range = await store.range(series, secondsOf(from), secondsOf(to), points)
      respondJson(response, range)
    },
    '/api/events': async (url, _request, response) => {
      const query = eventsQuery.safeParse(Object.fromEntries(url.searchParams))
      if (!query.success) return respondText(response, 400, faultOf(query.error))
      const stored = await store.events(query.data.after, query.data.limit)
      respondJson(response, { events: stored.map(eventFields) })
    },
    '/api/stream': (_url, request, response, connections) => {
      if (request.method === 'HEAD')
        return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
      if (!connections.beginStream(request))
        return respondText(response, 503, 'too many event streams')
      return hub.serve(response, lastEventId(request.headers['last-event-id']))
    },
  }
  return new Map(
    Object.entries(routes).map(([path, route]): [string, Route] => [
      path,
      (...request) => {
        pace.looked()
        return route(...request)
      },
    ]),
  )
}

function secondsOf(iso: string): number {
  return Date.parse(iso) / 1_000
}

/** One line: the parameter, and what is allowed. */
function faultOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}
