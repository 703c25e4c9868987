import { byteSize, cidrList, duration, flag, integer, list, text } from '@sockyard/cli/options'
import {
  clientAdminOptions,
  connectionLimitOptions,
  engine,
  host,
  ipFamilyOptions,
  port,
  rateLimit,
  wait,
} from '@sockyard/service/options'
import { z } from 'zod'

/** The default port, as in the classic program. */
export const DEFAULT_PORT = 2020

const LIMITS = { group: 'Limits' }
/** A relay knows no lines. */
const LINES = { ...LIMITS, conflicts: ['relay'] }

const CLUSTER = { group: 'Cluster' }
const IN_CLUSTER = { ...CLUSTER, requires: 'cluster' }

const limitOptions = connectionLimitOptions({ idleTimeout: '150s' })

export const serveOptions = z.strictObject({
  port: port(DEFAULT_PORT),
  host: host(),
  ...ipFamilyOptions,
  engine: engine(),
  relay: flag().meta({
    description: 'plain relay: no names or messages, each chunk goes unchanged to all others',
  }),
  history: integer(0, { minimum: 0, maximum: 1_000 }).meta({
    conflicts: ['relay'],
    description: 'latest lines that a client gets when it joins',
  }),
  cluster: list(z.string()).meta({
    ...CLUSTER,
    valueName: 'URL',
    conflicts: ['relay'],
    description:
      'NATS servers, nats://HOST:PORT or tls://HOST:PORT: all nodes on them are one chat',
  }),
  clusterCredentials: text().meta({
    ...IN_CLUSTER,
    valueName: 'FILE',
    description: 'credentials file of NATS, or a file of one line USER:PASSWORD',
  }),
  clusterCa: text().meta({
    ...IN_CLUSTER,
    valueName: 'FILE',
    description: 'certificates (PEM) to verify the servers with; implies TLS',
  }),
  spool: text().meta({
    ...IN_CLUSTER,
    valueName: 'FILE',
    description:
      'keep lines that wait for the cluster in this file; without one they end with the node',
  }),
  maxSpool: byteSize('64MiB', { minimum: '1KiB' }).meta({
    ...IN_CLUSTER,
    description: 'size of the lines that wait; beyond it lines are refused',
  }),
  ...limitOptions,
  idleTimeout: limitOptions.idleTimeout.meta({
    description: 'disconnect an idle client; it is warned after 3/5 of this time',
  }),
  proxyFrom: cidrList().meta({
    ...LIMITS,
    description: 'proxies: each of their connections has a PROXY header, version 2',
  }),
  firstLineTimeout: duration('30s', { minimum: '1ms' }).meta({
    ...LINES,
    description: 'time to complete a first line once begun',
  }),
  maxLine: byteSize('1KiB', { minimum: 1, maximum: '64KiB' }).meta({
    ...LINES,
    description: 'longest line; longer ones are truncated',
  }),
  rateLimit: rateLimit(100).meta({
    ...LINES,
    description: 'lines a second from one address, in bursts ten times that; 0: no limit',
  }),
  floodTimeout: duration('30s', { minimum: '1ms' }).meta({
    ...LINES,
    description: 'disconnect a client over the rate limit for this long',
  }),
  slowQueue: byteSize('64KiB', { minimum: 1 }).meta({
    ...LIMITS,
    description: 'queued bytes from which a client counts as slow',
  }),
  slowTimeout: duration('10s', { minimum: '1ms' }).meta({
    ...LIMITS,
    description: 'disconnect a client that is slow for this long',
  }),
  maxQueue: byteSize('256KiB', { minimum: 1 }).meta({
    ...LIMITS,
    description: 'queued bytes at which a client is disconnected at once',
  }),
  maxTotalQueue: byteSize('32MiB', { minimum: 1 }).meta({
    ...LIMITS,
    description: 'queued bytes of all clients at which the one with the most is disconnected',
  }),
})

export const joinOptions = z.strictObject({
  nick: text().meta({ short: 'n', valueName: 'NAME', description: 'nickname in the chat' }),
  ...ipFamilyOptions,
  wait: wait().meta({ description: 'how long to wait for the connection' }),
  ...clientAdminOptions,
})

export type ServeOptions = z.output<typeof serveOptions>
export type JoinOptions = z.output<typeof joinOptions>
