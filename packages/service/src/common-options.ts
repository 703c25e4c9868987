import { isIP } from 'node:net'

import { z } from 'zod'

import { UsageError } from './errors.ts'
import { byteSize, cidrList, decimal, duration, flag, integer, list, text } from './options.ts'

/*
 * The options that mean the same in every app (docs/conventions): same long name, same short one.
 * Give the key of the schema the long name: `port: port(3111)`. Change the words, where they need
 * it, with `.meta({ description: … })`.
 */

/** -p --port; 0 picks a free one. */
export const port = (preset: number) =>
  integer(preset, { minimum: 0, maximum: 65_535 }).meta({
    short: 'p',
    valueName: 'PORT',
    description: 'port to listen on; 0 picks a free one',
  })

/** -H --host, the address to bind; `::` takes both families. */
export const host = (preset = '::') =>
  text(preset).meta({
    short: 'H',
    valueName: 'ADDRESS',
    description: 'address to listen on; :: takes IPv4 and IPv6',
  })

/** -4 --ipv4 and -6 --ipv6, to spread into a schema; `ipFamily(options)` reads them. */
export const ipFamilyOptions = {
  ipv4: flag().meta({ short: '4', description: 'use IPv4 only' }),
  ipv6: flag().meta({ short: '6', description: 'use IPv6 only' }),
}

/**
 * @returns 4 or 6 when exactly one was asked for, otherwise undefined: either will do
 * @throws {UsageError} when `host` (of a server) is an address of the other one; `::` is every address
 */
export function ipFamily(options: {
  ipv4: boolean
  ipv6: boolean
  host?: string
}): 4 | 6 | undefined {
  const { ipv4, ipv6, host: address = '::' } = options
  if (ipv4 === ipv6) return undefined
  const family = ipv4 ? 4 : 6
  const other = isIP(address) === 0 || address === '::' ? family : isIP(address)
  if (other !== family) throw new UsageError('--host', address, `is not an IPv${family} address`)
  return family
}

/** -c --count; absent means without end. */
export const count = () =>
  integer(undefined, { minimum: 1 }).meta({
    short: 'c',
    valueName: 'COUNT',
    description: 'how many to send; without it, for ever',
  })

/** -i --interval, milliseconds between two sends. */
export const interval = (preset: string) =>
  duration(preset, { minimum: '1ms', maximum: '24h' }).meta({
    short: 'i',
    description: 'time from one to the next',
  })

/** -i --interval of a client that also has --rate and --window (`onePace`): undefined unless it was given. */
export const probeInterval = () =>
  duration(undefined, { minimum: '1ms', maximum: '24h' }).meta({
    short: 'i',
    preset: '1s',
    description: 'time from one to the next',
  })

/**
 * Refuses two of --interval, --rate and --window at once.
 *
 * @example
 * z.strictObject({ interval: probeInterval(), rate: rate(), window: window() }).superRefine(onePace)
 */
export function onePace(
  options: {
    interval?: number | undefined
    rate?: number | undefined
    window?: number | undefined
  },
  context: z.core.$RefinementCtx,
): void {
  const [first, second] = (['interval', 'rate', 'window'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (first !== undefined && second !== undefined)
    context.addIssue({
      code: 'custom',
      path: [second],
      message: `and --${first} exclude each other`,
    })
}

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
    description: 'multicast group; again for more',
  })

/** -I --interface, a list of names or addresses. */
export const interfaces = () =>
  list(z.string().trim().min(1, 'must not be empty')).meta({
    short: 'I',
    valueName: 'INTERFACE',
    description: 'interface, by name or address; again for more',
  })

/** -w --wait, milliseconds for one reply. */
export const wait = (preset: string) =>
  duration(preset, { minimum: '1ms', maximum: '1h' }).meta({
    short: 'w',
    description: 'how long to wait for one reply',
  })

/** -W --deadline, milliseconds for the whole run. */
export const deadline = () =>
  duration(undefined, { minimum: '1ms' }).meta({
    short: 'W',
    description: 'end the whole run after this long',
  })

/** --rate, sends a second. */
export const rate = () =>
  decimal(undefined, { minimum: 0.001, maximum: 10_000_000 }).meta({
    valueName: 'PER_SECOND',
    description: 'sends a second, instead of an interval',
  })

/** --window, how many may be unanswered at once; absent means a fixed rate. */
export const window = () =>
  integer(undefined, { minimum: 1, maximum: 65_536 }).meta({
    valueName: 'COUNT',
    description: 'as fast as answers come, with this many unanswered at once',
  })

/** -q --quiet */
export const quiet = () => flag().meta({ short: 'q', description: 'only the final report' })

/** -j --json; a measuring server's log becomes JSON lines with it too. */
export const json = () => flag().meta({ short: 'j', description: 'JSON lines instead of text' })

/** --max-connections and --max-connections-per-address, --idle-timeout (milliseconds), --allow, --deny. */
export const connectionLimitOptions = (preset: { idleTimeout: string }) => ({
  maxConnections: integer(2000, { minimum: 1 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'connections in all',
  }),
  maxConnectionsPerAddress: integer(32, { minimum: 1 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'connections from one address',
  }),
  idleTimeout: duration(preset.idleTimeout, { minimum: '1ms' }).meta({
    group: 'Limits',
    description: 'a connection silent for this long is closed',
  }),
  ...accessOptions,
})

/** --allow and --deny. */
export const accessOptions = {
  allow: cidrList().meta({ group: 'Limits', description: 'serve only these; deny wins' }),
  deny: cidrList().meta({ group: 'Limits', description: 'never serve these' }),
}

/** --rate-limit, requests a second and source. */
export const rateLimit = (preset: number) =>
  decimal(preset, { minimum: 0 }).meta({
    valueName: 'PER_SECOND',
    group: 'Limits',
    description: 'requests a second from one source; 0 for no limit',
  })
