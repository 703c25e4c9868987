import {
  connectionLimitOptions,
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
  size,
  wait,
  window,
} from '@sockyard/service/common-options'
import { byteSize, choice, duration, flag, integer } from '@sockyard/service/options'
import { z } from 'zod'

/** What `ping` asks when it is told no port. */
export const DEFAULT_PORT = 3111
/** What one connection of `ping` may have waiting to be sent. */
export const MAXIMUM_QUEUED_BYTES = 64 * 1024 * 1024

/** How a server can be built; `choose-design.ts` says what each takes. */
const DESIGNS = [
  'event-loop',
  'epoll',
  'iterative',
  'spawn',
  'pass',
  'accept',
  'reuse-port',
] as const

export const serveOptions = z.strictObject({
  port: port(DEFAULT_PORT),
  host: host(),
  ...ipFamilyOptions,
  ...connectionLimitOptions({ idleTimeout: '300s' }),
  design: choice(DESIGNS, 'event-loop').meta({
    valueName: 'DESIGN',
    description: `how the server is built: ${DESIGNS.join(', ')}`,
  }),
  engine: choice(['auto', 'epoll', 'node'], 'auto').meta({
    description: 'what serves: epoll(7) or node:net; auto takes epoll where it works',
  }),
  workers: integer(undefined, { minimum: 1, maximum: 64 }).meta({
    valueName: 'COUNT',
    description:
      'event-loop and epoll: threads, 1; pass, accept, reuse-port: processes, one a core',
  }),
  connections: integer(undefined, { minimum: 1 }).meta({
    valueName: 'COUNT',
    description: 'iterative: ends after so many connections',
  }),
  maxChildren: integer(undefined, { minimum: 1, maximum: 1024 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description:
      'spawn: processes, and so connections, at once; by default 32, or what a container has room for',
  }),
  think: duration('0', { minimum: '0', maximum: '1h' }).meta({
    description: 'service time: how long each piece that was received waits for its echo',
  }),
})

export const pingOptions = z
  .strictObject({
    count: count().meta({ description: 'probes on each connection; without it, for ever' }),
    interval: probeInterval().meta({
      description: 'time from probe to probe; with --bulk, of reports',
    }),
    size: size(64, { minimum: 1, maximum: 1024 * 1024 }).meta({
      description: 'bytes in each probe',
    }),
    wait: wait('5s').meta({ description: 'how long to wait for a connection or for one reply' }),
    deadline: deadline().meta({
      description: 'send no longer than this; with --bulk, default 10s',
    }),
    connections: integer(1, { minimum: 1, maximum: 1000 }).meta({
      valueName: 'COUNT',
      description: 'how many connections, each with its own probes',
    }),
    rate: rate().meta({
      description: 'probes a second on each connection, instead of an interval',
    }),
    window: window(),
    bulk: flag().meta({ description: 'measure throughput: a stream as fast as it comes back' }),
    bytes: byteSize(undefined, { minimum: 1, maximum: '1048576GiB' }).meta({
      description: 'with --bulk: how much to send in all, instead of for a time',
    }),
    ...ipFamilyOptions,
    quiet: quiet(),
    json: json(),
  })
  .superRefine(onePace)
  .refine(({ size: bytes, window: wide = 1 }) => bytes * wide <= MAXIMUM_QUEUED_BYTES, {
    path: ['window'],
    message: 'times --size must be 64MiB at most',
  })
  .refine(({ bulk, bytes }) => bulk || bytes === undefined, {
    path: ['bytes'],
    message: 'goes with --bulk only',
  })
  .superRefine((options, context) => {
    for (const path of ['count', 'rate', 'window'] as const)
      if (options.bulk && options[path] !== undefined)
        context.addIssue({ code: 'custom', path: [path], message: 'does not go with --bulk' })
  })

export type ServeOptions = z.output<typeof serveOptions>
export type PingOptions = z.output<typeof pingOptions>
