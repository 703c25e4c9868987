import { byteSize, choice, duration, flag, integer } from '@sockyard/cli/options'
import { pingOptions as commonOptions, receiveMessageOptions } from '@sockyard/probe/commands'
import {
  clientAdminOptions,
  connectionLimitOptions,
  count,
  deadline,
  engine,
  host,
  ipFamilyOptions,
  port,
  probeInterval,
  rate,
  size,
  wait,
} from '@sockyard/service/options'
import { z } from 'zod'

/** The default port of `ping`. */
export const DEFAULT_PORT = 3111
/** What one connection of `ping` may have waiting to be sent. */
export const MAXIMUM_QUEUED_BYTES = 64 * 1024 * 1024

/** The longest message of `exchange`, and probe of `ping`. */
export const LARGEST_MESSAGE_BYTES = 1024 * 1024

const PROBE_SIZES = { minimum: 1, maximum: LARGEST_MESSAGE_BYTES }

/** How a server can be built; `server/choose-design.ts` says what each takes. */
const DESIGNS = ['event-loop', 'iterative', 'spawn', 'pass', 'accept', 'reuse-port'] as const

export const serveOptions = z.strictObject({
  port: port(DEFAULT_PORT),
  host: host(),
  ...ipFamilyOptions,
  ...connectionLimitOptions({ idleTimeout: '300s' }),
  design: choice(DESIGNS, 'event-loop', { epoll: 'event-loop' }).meta({
    valueName: 'DESIGN',
    description: `server design: ${DESIGNS.join(', ')}`,
  }),
  engine: engine(),
  workers: integer(undefined, { minimum: 1, maximum: 64 }).meta({
    common: false,
    valueName: 'COUNT',
    description:
      'event-loop: threads, default 1; pass, accept, reuse-port: processes, default one a core',
  }),
  connections: integer(undefined, { minimum: 1 }).meta({
    common: false,
    valueName: 'COUNT',
    description: 'iterative: end after this many connections',
  }),
  maxChildren: integer(undefined, { minimum: 1, maximum: 1024 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description:
      'spawn: concurrent processes, one a connection; default: 32, or fewer in a small container',
  }),
  think: duration('0', { minimum: '0', maximum: '1h' }).meta({
    common: false,
    description: 'service time: delay before each received piece is echoed',
  }),
})

export const pingOptions = z
  .strictObject({
    ...commonOptions(PROBE_SIZES),
    count: count().meta({ description: 'probes on each connection' }),
    interval: probeInterval().meta({
      description: 'time between probes, or reports of --bulk',
    }),
    size: size(64, PROBE_SIZES).meta({
      description: 'bytes in each probe',
    }),
    wait: wait().meta({ description: 'time to wait for a connection or reply' }),
    deadline: deadline().meta({
      description: 'stop sending after this long; with --bulk, 10s',
    }),
    adminPort: clientAdminOptions.adminPort.meta({
      description: 'port of /readyz, /metrics …, if the run has no end, or with --bulk',
    }),
    connections: integer(1, { minimum: 1, maximum: 1000 }).meta({
      common: false,
      valueName: 'COUNT',
      description: 'connections, each with its own probes',
    }),
    rate: rate().meta({
      description: 'probes a second on each connection',
    }),
    bulk: flag().meta({
      conflicts: ['count', 'rate', 'window', 'csv', 'histogram', 'timestamps'],
      description: 'measure throughput instead',
    }),
    bytes: byteSize(undefined, { minimum: 1, maximum: '1048576GiB' }).meta({
      common: false,
      requires: 'bulk',
      description: 'total bytes to move, instead of for a time',
    }),
    direction: choice(['both', 'up', 'down']).meta({
      common: false,
      requires: 'bulk',
      preset: 'both',
      description: 'up: to a discard service (RFC 863); down: from a chargen service (RFC 864)',
    }),
  })
  .refine(({ localPort, connections }) => localPort === undefined || connections === 1, {
    path: ['localPort'],
    message: 'cannot be shared by several --connections',
  })
  .refine(({ size: bytes, window: wide = 1 }) => bytes * wide <= MAXIMUM_QUEUED_BYTES, {
    path: ['window'],
    message: 'times --size must be 64MiB at most',
  })

export const receiveOptions = z.strictObject({
  ...receiveMessageOptions(DEFAULT_PORT),
  idleTimeout: duration('15s', { minimum: '1ms' }).meta({
    description: 'a client silent for this long is closed: the next one waits for it',
  }),
})

export type ServeOptions = z.output<typeof serveOptions>
export type PingOptions = z.output<typeof pingOptions>
export type ReceiveOptions = z.output<typeof receiveOptions>
