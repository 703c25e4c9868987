import { isIP } from 'node:net'

import { UsageError } from '@sockyard/cli/errors'
import {
  byteSize,
  choice,
  cidrList,
  decimal,
  duration,
  flag,
  integer,
  list,
  text,
} from '@sockyard/cli/options'
import { z } from 'zod'

/*
 * The options that mean the same in every app: same long name, same short one.
 * Give the key of the schema the long name: `port: port(3111)`. Change the words, where they need
 * it, with `.meta({ description: … })`.
 */

/** -p --port; 0 picks a free one. */
export const port = (preset: number) =>
  integer(preset, { minimum: 0, maximum: 65_535 }).meta({
    short: 'p',
    valueName: 'PORT',
    description: 'port to listen on; 0: any free one',
  })

/** -H --host, the address to bind; `::` takes both families. */
export const host = (preset = '::') =>
  text(preset).meta({
    short: 'H',
    valueName: 'ADDRESS',
    description: 'address to listen on; :: is any',
  })

/** -4 --ipv4 and -6 --ipv6, to spread into a schema; `ipFamily(options)` reads them. */
export const ipFamilyOptions = {
  ipv4: flag().meta({
    short: '4',
    common: false,
    negatable: false,
    conflicts: ['ipv6'],
    description: 'use IPv4 only',
  }),
  ipv6: flag().meta({
    short: '6',
    common: false,
    negatable: false,
    description: 'use IPv6 only',
  }),
}

/**
 * @returns 4 or 6 when one was asked for, or that of `source` (of a client); otherwise undefined: either will do
 * @throws {UsageError} when `host` (of a server) or `source` is an address of the other one; `::` is every address
 */
export function ipFamily(options: {
  ipv4: boolean
  ipv6: boolean
  host?: string
  source?: string | undefined
}): 4 | 6 | undefined {
  const { ipv4, ipv6, host: address = '::', source = '' } = options
  if (ipv4 === ipv6) return familyOf(source)
  const family = ipv4 ? 4 : 6
  const wrong = `is not an IPv${family} address`
  if (address !== '::' && (familyOf(address) ?? family) !== family)
    throw new UsageError('--host', address, wrong)
  if ((familyOf(source) ?? family) !== family) throw new UsageError('--source', source, wrong)
  return family
}

/** Undefined for what is no numeric address. */
function familyOf(address: string): 4 | 6 | undefined {
  const family = isIP(address)
  return family === 4 || family === 6 ? family : undefined
}

/** --engine: what moves the bytes. The words of earlier releases are still understood. */
export const engine = () =>
  choice(['auto', 'native', 'node'], 'auto', {
    epoll: 'native',
    batch: 'native',
    dgram: 'node',
  }).meta({
    valueName: 'ENGINE',
    description: 'auto, native (system calls) or node',
  })

/** -c --count; absent means without end. */
export const count = () =>
  integer(undefined, { minimum: 1 }).meta({
    short: 'c',
    valueName: 'COUNT',
    preset: 'until stopped',
    description: 'how many to send',
  })

/** -c --count of a client that asks a few times unless it is told otherwise; 0: until it is stopped. */
export const requestCount = () =>
  integer(4, { minimum: 0, maximum: 1_000_000 }).meta({
    short: 'c',
    valueName: 'COUNT',
    description: 'how many requests to send; 0: until stopped',
  })

/** -i --interval, milliseconds between two sends. */
export const interval = (preset: string) =>
  duration(preset, { minimum: '1ms', maximum: '24h' }).meta({
    short: 'i',
    description: 'time from one to the next',
  })

/** -i --interval of a client that also has --rate and --window: undefined unless it was given. */
export const probeInterval = () =>
  duration(undefined, { minimum: '1ms', maximum: '24h' }).meta({
    short: 'i',
    preset: '1s',
    conflicts: ['rate', 'window'],
    description: 'time from one to the next',
  })

/** -s --size, bytes. */
export const size = (preset: number, range: { minimum: number; maximum: number }) =>
  byteSize(preset, range).meta({ short: 's', description: 'bytes in each' })

/** -t --ttl, also the IPv6 hop limit. */
export const ttl = (preset = 1) =>
  integer(preset, { minimum: 0, maximum: 255 }).meta({
    short: 't',
    valueName: 'HOPS',
    description: 'time to live (IPv4) or hop limit (IPv6)',
  })

/**
 * -g --group, a list.
 *
 * @param isGroup says whether a text is a group's address
 */
export const groups = (preset: readonly string[], isGroup: (address: string) => boolean) =>
  list(z.string().refine(isGroup, 'must be a multicast group'), preset).meta({
    short: 'g',
    valueName: 'GROUP',
    description: 'multicast group; repeatable',
  })

/** -I --interface, a list of names or addresses. */
export const interfaces = () =>
  list(z.string().trim().min(1, 'must not be empty')).meta({
    short: 'I',
    valueName: 'INTERFACE',
    description: 'interface, by name or address; repeatable',
  })

/** -W --wait, milliseconds for one reply, as ping(8) has it. */
export const wait = () =>
  duration('5s', { minimum: '1ms', maximum: '1h' }).meta({
    short: 'W',
    description: 'time to wait for one reply',
  })

/** -w --deadline, milliseconds for the whole run, as ping(8) has it. */
export const deadline = () =>
  duration(undefined, { minimum: '1ms' }).meta({
    short: 'w',
    description: 'end the run after this long',
  })

/** --rate, sends a second. */
export const rate = () =>
  decimal(undefined, { minimum: 0.001, maximum: 10_000_000 }).meta({
    valueName: 'PER_SECOND',
    conflicts: ['interval', 'window'],
    description: 'sends a second, instead of --interval',
  })

/** --window, how many may be unanswered at once; absent means a fixed rate. */
export const window = () =>
  integer(undefined, { minimum: 1, maximum: 65_536 }).meta({
    valueName: 'COUNT',
    conflicts: ['interval', 'rate'],
    description: 'send on each answer, with this many in flight',
  })

/** -q --quiet */
export const quiet = () =>
  flag().meta({ short: 'q', description: 'only summaries, no line for each message' })

/** -j --json; a measuring server's log becomes JSON lines with it too. */
export const json = () => flag().meta({ short: 'j', description: 'JSON lines instead of text' })

/** --max-connections and --max-connections-per-address, --idle-timeout (milliseconds), --allow, --deny. */
export const connectionLimitOptions = (preset: { idleTimeout: string }) => ({
  maxConnections: integer(2000, { minimum: 1 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'connections in total',
  }),
  maxConnectionsPerAddress: integer(32, { minimum: 1 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'connections from one address',
  }),
  idleTimeout: duration(preset.idleTimeout, { minimum: '1ms' }).meta({
    group: 'Limits',
    description: 'close a connection that is idle for this long',
  }),
  ...accessOptions,
})

/** --allow and --deny. */
export const accessOptions = {
  allow: cidrList().meta({ group: 'Limits', description: 'serve only these addresses; deny wins' }),
  deny: cidrList().meta({ group: 'Limits', description: 'never serve these addresses' }),
}

/** --rate-limit, requests a second and source. */
export const rateLimit = (preset: number) =>
  decimal(preset, { minimum: 0 }).meta({
    valueName: 'PER_SECOND',
    group: 'Limits',
    description: 'requests a second from one source; 0 for no limit',
  })
