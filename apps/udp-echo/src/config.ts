import { bitRate, byteRange, byteSize, choice, duration, integer } from '@sockyard/cli/options'
import {
  datagramPathOptions,
  pingOptions as commonOptions,
  receiveMessageOptions,
} from '@sockyard/probe/commands'
import {
  accessOptions,
  engine,
  host,
  ipFamilyOptions,
  port,
  rateLimit,
} from '@sockyard/service/options'
import { z } from 'zod'

/** The default port of `ping`. */
export const DEFAULT_PORT = 3333
/** What an IPv4 datagram holds at most: 65,535 less 20 of IP and 8 of UDP (RFC 768). */
export const LARGEST_PAYLOAD_BYTES = 65_507

/** How a server can be built; `server/plan.ts` says what each takes. */
const DESIGNS = ['event-loop', 'iterative', 'parallel'] as const

export const serveOptions = z.strictObject({
  port: port(DEFAULT_PORT),
  host: host(),
  ...ipFamilyOptions,
  // `batch` is what an earlier release called the event loop with the native engine.
  design: choice(DESIGNS, 'event-loop', { batch: 'event-loop' }).meta({
    valueName: 'DESIGN',
    description: `server design: ${DESIGNS.join(', ')}`,
  }),
  engine: engine(),
  workers: integer(undefined, { minimum: 1, maximum: 64 }).meta({
    common: false,
    valueName: 'COUNT',
    description: 'threads; default: 1 with the engine native, 4 with --design parallel',
  }),
  think: duration('0', { minimum: '0', maximum: '1h' }).meta({
    common: false,
    description: 'service time: delay before each echo',
  }),
  rateLimit: rateLimit(1000),
  maxSources: integer(10_000, { minimum: 1, maximum: 1_000_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'sources whose rate is tracked, the most recent ones',
  }),
  maxQueue: integer(1000, { minimum: 1, maximum: 1_000_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'datagrams queued for service or, in the engine node, for sending',
  }),
  receiveBuffer: byteSize('4MiB', { minimum: '4KiB', maximum: '1GiB' }).meta({
    group: 'Limits',
    description: 'socket receive buffer; warns if the kernel grants less',
  }),
  ...accessOptions,
})

/** A probe of a sweep has a header, by which it is known (20 B). */
const SMALLEST_OF_SWEEP_BYTES = 20

export const pingOptions = z
  .strictObject({
    ...commonOptions({ minimum: 0, maximum: LARGEST_PAYLOAD_BYTES }),
    bitrate: bitRate(undefined, { minimum: '1k', maximum: '100G' }).meta({
      common: false,
      conflicts: ['interval', 'rate', 'window', 'sweep'],
      description: 'bits of payload a second, such as 64k or 10M, instead of --interval',
    }),
    sweep: byteRange({
      minimum: SMALLEST_OF_SWEEP_BYTES,
      maximum: LARGEST_PAYLOAD_BYTES,
      step: 8,
    }).meta({
      group: 'Path',
      conflicts: ['size'],
      description: 'growing sizes, once without --count; finds the path MTU with --df',
    }),
    engine: engine(),
    ...datagramPathOptions,
  })
  .refine(({ size: bytes, bitrate }) => bitrate === undefined || bytes > 0, {
    path: ['size'],
    message: 'must be 1 or more with --bitrate',
  })

export const receiveOptions = z.strictObject(receiveMessageOptions(DEFAULT_PORT))

export type ServeOptions = z.output<typeof serveOptions>
export type PingOptions = z.output<typeof pingOptions>
export type ReceiveOptions = z.output<typeof receiveOptions>
