import { duration, flag, integer, list } from '@sockyard/cli/options'
import { keyFile } from '@sockyard/probe/ntp-keys'
import { isMulticast } from '@sockyard/protocol/multicast'
import {
  accessOptions,
  clientAdminOptions,
  deadline,
  engine,
  groups,
  interfaces,
  interval,
  ipFamilyOptions,
  json,
  quiet,
  requestCount,
  wait,
} from '@sockyard/service/options'
import { z } from 'zod'

/** RFC 5905: the port of NTP. */
export const NTP_PORT = 123
const LARGEST_KEY_ID = 0xffff_ffff

const keyId = z
  .string()
  .regex(/^\d{1,10}$/, 'must be the number of a key')
  .transform(Number)
  .refine((id) => id >= 1 && id <= LARGEST_KEY_ID, `must be 1 to ${LARGEST_KEY_ID}`)

export const listenOptions = z.strictObject({
  port: integer(NTP_PORT, { minimum: 1, maximum: 65_535 }).meta({
    short: 'p',
    valueName: 'PORT',
    description: 'port that broadcasts are sent to',
  }),
  group: groups(['224.0.1.1', 'ff02::101', 'ff05::101'], isMulticast),
  broadcast: flag(true).meta({ description: 'listen to IPv4 broadcasts too' }),
  engine: engine(),
  interface: interfaces().meta({
    preset: 'all',
    description: 'interface: any, all, name or address',
  }),
  exchange: flag(true).meta({
    group: 'Measuring',
    description: 'exchange packets with each source, to measure the delay of its broadcasts',
  }),
  exchangeInterval: duration('15m', { minimum: '1s', maximum: '24h' }).meta({
    group: 'Measuring',
    description: 'time between such exchanges, once a source is known',
  }),
  broadcastDelay: duration('4ms', { minimum: '0', maximum: '1s' }).meta({
    group: 'Measuring',
    description: 'delay assumed for a source that does not answer',
  }),
  silentAfter: integer(4, { minimum: 2, maximum: 1000 }).meta({
    valueName: 'COUNT',
    group: 'Measuring',
    description: 'a source that misses this many broadcasts is silent',
  }),
  keys: keyFile(),
  key: list(keyId).meta({
    valueName: 'ID',
    group: 'Keys',
    description: 'ignore broadcasts not signed with this key; repeatable',
  }),
  maxStep: duration('1s', { minimum: '1ms', maximum: '1h' }).meta({
    group: 'Limits',
    description: 'ignore a broadcast whose offset differs by more than this from what is known',
  }),
  maxSources: integer(1000, { minimum: 1, maximum: 100_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'sources of each rank: confirmed by an exchange, heard again, heard once',
  }),
  allow: accessOptions.allow.meta({
    description: 'accept broadcasts only from these addresses; deny wins',
  }),
  deny: accessOptions.deny.meta({ description: 'never accept broadcasts from these addresses' }),
  quiet: quiet(),
  json: json(),
})

export const queryOptions = z.strictObject({
  count: requestCount(),
  interval: interval('1s'),
  wait: wait(),
  deadline: deadline(),
  ...ipFamilyOptions,
  keys: keyFile(),
  key: integer(undefined, { minimum: 1, maximum: LARGEST_KEY_ID }).meta({
    valueName: 'ID',
    group: 'Keys',
    description: 'sign requests with this key, and accept only replies signed with it',
  }),
  quiet: quiet(),
  json: json(),
  ...clientAdminOptions,
})

export type ListenOptions = z.output<typeof listenOptions>
export type QueryOptions = z.output<typeof queryOptions>
