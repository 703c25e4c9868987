import { z } from 'zod'

import { count, port } from './fields.ts'

const time = z.iso.datetime().describe('RFC 3339, UTC')
const id = z.string().min(1)
const perSecond = z.number().nonnegative()

const service = z.strictObject({
  id: id.describe('host and port of its admin endpoint'),
  service: z.string().nullable().describe('the app; null until it is known'),
  url: z.url(),
  state: z.enum(['up', 'down']),
  since: time.describe('when the state became so'),
  listening: z.array(z.strictObject({ transport: z.string(), address: z.string(), port })),
  options: z
    .json()
    .optional()
    .describe('what its GET /options answered; null where it is not known'),
  error: z.string().nullable().describe('why it is down'),
})

/** GET /api/services of the console; without `options` the event `services` of its stream. */
export const consoleServices = z.strictObject({ services: z.array(service) })

const node = z.strictObject({
  id,
  kind: z.enum(['service', 'client', 'peer', 'group']),
  label: z.string().min(1),
  service: id.nullable().describe('the id of the service'),
  address: z.string().nullable(),
})

const edge = z.strictObject({
  id,
  from: id.describe('of a node: the client, the sender, the member'),
  to: id,
  transport: z.enum(['tcp', 'udp', 'multicast', 'sctp']),
  kind: z.enum(['flow', 'membership', 'delivery']),
  bytesPerSecond: perSecond.describe('either way'),
  packetsPerSecond: perSecond.nullable().describe('datagrams either way; null of TCP'),
  lastAt: time.nullable(),
})

/** GET /api/topology of the console, and the event `topology` of its stream. */
export const consoleTopology = z.strictObject({
  at: time,
  nodes: z.array(node),
  edges: z.array(edge),
})

/** GET /api/series of the console. */
export const consoleSeries = z.strictObject({
  series: z.array(
    z.strictObject({
      id,
      service: id,
      name: z.string().min(1).describe('of the metric'),
      labels: z.record(z.string(), z.string()),
      unit: z.string(),
      kind: z
        .enum(['gauge', 'rate', 'quantile'])
        .describe('rate: per second, of a counter; quantile: of what came in a second'),
    }),
  ),
})

const values = z.array(z.number().nullable()).describe('null where nothing was measured')

/** GET /api/samples of the console. */
export const consoleSamples = z.strictObject({
  series: id,
  stepSeconds: z.int().positive(),
  times: z.array(z.number()).describe('seconds since 1970, when each step begins'),
  values: values.describe('the mean of each step'),
  low: values,
  high: values,
})

/** An event of GET /api/events of the console, and the event `event` of its stream. */
const consoleEvent = z.looseObject({
  id: count.describe('counts up over all services'),
  service: id,
  event: z.string().describe('of the log line its event, or its msg'),
  at: z.string().nullable().describe('as the service wrote it'),
})

/** GET /api/events of the console. */
export const consoleEvents = z.strictObject({ events: z.array(consoleEvent) })
