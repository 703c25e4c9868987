import { isMulticast } from '@sockyard/protocol/multicast'
import {
  accessOptions,
  deadline,
  groups,
  interfaces,
  interval,
  ipFamilyOptions,
  json,
  quiet,
  wait,
} from '@sockyard/service/common-options'
import { keyFile } from '@sockyard/service/ntp-keys'
import { duration, flag, integer, list } from '@sockyard/service/options'
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
  group: groups(['224.0.1.1', 'ff05::101'], isMulticast),
  broadcast: flag(true).meta({ description: 'listen to IPv4 broadcasts too' }),
  interface: interfaces().meta({
    description: 'listen here, by name or address, any or all; without it all',
  }),
  exchange: flag(true).meta({
    group: 'Measuring',
    description: 'ask each source now and then, to measure the delay of its broadcasts',
  }),
  exchangeInterval: duration('15m', { minimum: '1s', maximum: '24h' }).meta({
    group: 'Measuring',
    description: 'time from one such exchange to the next, once a source is known',
  }),
  broadcastDelay: duration('4ms', { minimum: '0', maximum: '1s' }).meta({
    group: 'Measuring',
    description: 'delay assumed of a source that does not answer',
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
    description: 'refuse what is not signed with this key; again for more',
  }),
  maximumStep: duration('1s', { minimum: '1ms', maximum: '1h' }).meta({
    group: 'Limits',
    description: 'refuse broadcasts that are further off than this from the last one',
  }),
  maxSources: integer(1000, { minimum: 1, maximum: 100_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'sources that are remembered, and as many that were heard once',
  }),
  allow: accessOptions.allow.meta({ description: 'listen to these only; deny wins' }),
  deny: accessOptions.deny.meta({ description: 'never listen to these' }),
  quiet: quiet().meta({ description: 'one line a second instead of one for each broadcast' }),
  json: json(),
})

export const queryOptions = z.strictObject({
  count: integer(4, { minimum: 1, maximum: 1_000_000 }).meta({
    short: 'c',
    valueName: 'COUNT',
    description: 'how many times to ask',
  }),
  interval: interval('1s'),
  wait: wait('1s'),
  deadline: deadline(),
  ...ipFamilyOptions,
  keys: keyFile(),
  key: integer(undefined, { minimum: 1, maximum: LARGEST_KEY_ID }).meta({
    valueName: 'ID',
    group: 'Keys',
    description: 'sign requests with this key, and believe only replies signed with it',
  }),
  quiet: quiet(),
  json: json(),
})

export type ListenOptions = z.output<typeof listenOptions>
export type QueryOptions = z.output<typeof queryOptions>
