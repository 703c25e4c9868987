import { decimal, duration, integer, list, text } from '@sockyard/cli/options'
import { NTP_RATE } from '@sockyard/net/access'
import { keyFile } from '@sockyard/probe/ntp-keys'
import { isMulticast } from '@sockyard/protocol/multicast'
import { encodeReferenceId } from '@sockyard/protocol/ntp'
import {
  accessOptions,
  engine,
  groups,
  host,
  interfaces,
  interval,
  ipFamilyOptions,
  port,
  rateLimit,
  ttl,
} from '@sockyard/service/options'
import { z } from 'zod'

/** RFC 5905: the port of NTP. */
const NTP_PORT = 123

export const serveOptions = z
  .strictObject({
    port: port(NTP_PORT),
    host: host(),
    ...ipFamilyOptions,
    engine: engine(),
    stratum: integer(undefined, { minimum: 1, maximum: 15 }).meta({
      valueName: 'STRATUM',
      group: 'Clock',
      common: true,
      preset: 'answer "unsynchronised"',
      description: 'distance from the reference clock',
    }),
    referenceId: text()
      .refine((value) => value === undefined || isReferenceId(value), {
        message: 'must be 1 to 4 ASCII characters or an IPv4 address',
      })
      .meta({
        valueName: 'ID',
        group: 'Clock',
        preset: 'LOCL, or 127.127.1.1 from stratum 2 on',
        description: 'reference identifier: what the clock follows',
      }),
    rootDelay: duration('0', { minimum: '0', maximum: '10s' }).meta({
      group: 'Clock',
      description: 'round trip to the reference clock',
    }),
    rootDispersion: duration('10ms', { minimum: '0', maximum: '10s' }).meta({
      group: 'Clock',
      description: 'error of the clock at the start',
    }),
    drift: decimal(15, { minimum: 0, maximum: 500 }).meta({
      valueName: 'PPM',
      group: 'Clock',
      description: 'growth of the dispersion; 0 where the system clock is disciplined',
    }),
    group: groups([], isMulticast).meta({
      group: 'Broadcasts',
      description: 'multicast the time to this group; repeatable',
    }),
    broadcast: list(
      z
        .ipv4('must be an IPv4 address')
        .refine((address) => !isMulticast(address), 'is a multicast address: use --group'),
    ).meta({
      short: 'b',
      valueName: 'ADDRESS',
      group: 'Broadcasts',
      description: 'broadcast the time to this address; repeatable',
    }),
    interface: interfaces().meta({
      group: 'Broadcasts',
      preset: 'as routed',
      description: 'outgoing interface of multicasts: a name, an address or all',
    }),
    interval: interval('64s')
      .refine((millis) => millis >= 100, 'must be 100ms or more')
      .meta({
        group: 'Broadcasts',
        description: 'time from one broadcast to the next',
      }),
    ttl: ttl().meta({ group: 'Broadcasts' }),
    keys: keyFile(),
    key: integer(undefined, { minimum: 1, maximum: 0xffff_ffff }).meta({
      valueName: 'ID',
      group: 'Keys',
      description: 'sign broadcasts with this key',
    }),
    rateLimit: rateLimit(NTP_RATE.perSecond),
    rateBurst: integer(NTP_RATE.burst, { minimum: 1, maximum: 1_000_000 }).meta({
      valueName: 'COUNT',
      group: 'Limits',
      description: 'burst of requests from one source',
    }),
    rateLeak: integer(NTP_RATE.leakOneIn, { minimum: 1, maximum: 1_000_000 }).meta({
      valueName: 'ONE_IN',
      group: 'Limits',
      description: 'answer one in this many requests over the limit',
    }),
    rateTotal: integer(20_000, { minimum: 0, maximum: 10_000_000 })
      .refine((perSecond) => perSecond === 0 || perSecond >= 20, 'must be 0 or at least 20')
      .meta({
        valueName: 'COUNT',
        group: 'Limits',
        description:
          'answers a second in all, with a share for sources not seen before; 0: no limit',
      }),
    maxSources: integer(10_000, { minimum: 1, maximum: 1_000_000 }).meta({
      valueName: 'COUNT',
      group: 'Limits',
      description: 'sources whose rate is tracked, the most recent ones',
    }),
    ...accessOptions,
  })
  .refine(
    ({ group, host: bound }) => bound === '::' || group.every((each) => sameFamily(each, bound)),
    {
      path: ['group'],
      message: 'must be of the family of --host',
    },
  )
  .refine(
    ({ broadcast, host: bound, ipv6 }) =>
      broadcast.length === 0 || (!ipv6 && (bound === '::' || !bound.includes(':'))),
    {
      path: ['broadcast'],
      message: 'needs IPv4',
    },
  )

function isReferenceId(value: string): boolean {
  try {
    encodeReferenceId(value)
    return true
  } catch {
    return false
  }
}

function sameFamily(one: string, other: string): boolean {
  return one.includes(':') === other.includes(':')
}

export type ServeOptions = z.output<typeof serveOptions>
