import {
  accessOptions,
  count,
  deadline,
  host,
  ipFamilyOptions,
  json,
  onePace,
  port,
  probeInterval,
  quiet,
  rate,
  rateLimit,
  size,
  wait,
  window,
} from '@sockyard/service/common-options'
import { byteSize, choice, duration, integer } from '@sockyard/service/options'
import { z } from 'zod'

/** What `ping` asks when it is told no port. */
export const DEFAULT_PORT = 3333
/** What an IPv4 datagram holds at most: 65,535 less 20 of IP and 8 of UDP (RFC 768). */
const LARGEST_PAYLOAD_BYTES = 65_507

/** How a server can be built; `choose-design.ts` says what each takes. */
const DESIGNS = ['event-loop', 'batch', 'iterative', 'parallel'] as const

export const serveOptions = z.strictObject({
  port: port(DEFAULT_PORT),
  host: host(),
  ...ipFamilyOptions,
  design: choice(DESIGNS, 'event-loop').meta({
    valueName: 'DESIGN',
    description: `how the server is built: ${DESIGNS.join(', ')}`,
  }),
  engine: choice(['auto', 'batch', 'dgram'], 'auto').meta({
    description: 'how to receive: many at once by system call, or by node:dgram',
  }),
  workers: integer(undefined, { minimum: 1, maximum: 64 }).meta({
    valueName: 'COUNT',
    description: 'batch: threads, each with its sources, 1; parallel: threads in the pool, 4',
  }),
  think: duration('0', { minimum: '0', maximum: '1h' }).meta({
    description: 'service time: how long each datagram waits for its echo',
  }),
  rateLimit: rateLimit(1000),
  maxSources: integer(10_000, { minimum: 1, maximum: 1_000_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'sources whose rate is remembered, the most recent ones',
  }),
  maxQueue: integer(1000, { minimum: 1, maximum: 1_000_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'datagrams that may wait for their turn or for the network, without batch',
  }),
  receiveBuffer: byteSize('4MiB', { minimum: '4KiB', maximum: '1GiB' }).meta({
    group: 'Limits',
    description: 'what the kernel keeps until we read it; net.core.rmem_max at most',
  }),
  ...accessOptions,
})

export const pingOptions = z
  .strictObject({
    count: count(),
    interval: probeInterval(),
    size: size(64, { minimum: 0, maximum: LARGEST_PAYLOAD_BYTES }),
    wait: wait('1s'),
    deadline: deadline(),
    rate: rate(),
    window: window(),
    engine: choice(['auto', 'batch', 'dgram'], 'auto').meta({
      description: 'how to send and receive: many at once by system call, or by node:dgram',
    }),
    ...ipFamilyOptions,
    quiet: quiet(),
    json: json(),
  })
  .superRefine(onePace)

export type ServeOptions = z.output<typeof serveOptions>
export type PingOptions = z.output<typeof pingOptions>
