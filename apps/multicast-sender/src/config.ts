import { byteSize, duration, flag, integer, text } from '@sockyard/cli/options'
import { isMulticast, MULTICAST_HEADER_BYTES } from '@sockyard/protocol/multicast'
import { count, engine, groups, json, quiet, rate, ttl } from '@sockyard/service/options'
import { z } from 'zod'

/** The longest datagram of IPv4: 65,535 B without the headers of IP (20 B) and UDP (8 B). */
export const MAXIMUM_DATAGRAM_BYTES = 65_507

export const sendOptions = z
  .strictObject({
    group: groups(['239.255.43.21'], isMulticast).meta({
      description: 'group; repeatable',
    }),
    port: integer(4321, { minimum: 1, maximum: 65_535 }).meta({
      short: 'p',
      valueName: 'PORT',
      description: 'port of the groups',
    }),
    interface: text().meta({
      short: 'I',
      valueName: 'INTERFACE',
      preset: 'as routed',
      description: 'outgoing interface',
    }),
    ttl: ttl(),
    loopback: flag(true).meta({
      description: 'deliver to receivers on this host too',
      common: false,
    }),
    count: count().meta({ description: 'datagrams to each group' }),
    interval: duration(undefined, { minimum: '1ms', maximum: '24h' }).meta({
      short: 'i',
      preset: '1s',
      description: 'time between datagrams',
    }),
    rate: rate().meta({ description: 'datagrams a second, instead of --interval' }),
    size: byteSize(undefined, {
      minimum: MULTICAST_HEADER_BYTES,
      maximum: MAXIMUM_DATAGRAM_BYTES,
    }).meta({ short: 's', preset: '64', description: 'bytes in each' }),
    stdin: flag().meta({
      conflicts: ['count', 'interval', 'rate', 'size'],
      description: 'send each line of standard input until it ends',
    }),
    plain: flag().meta({
      requires: 'stdin',
      description: 'the line alone, without the Sockyard header, for other programs',
      common: false,
    }),
    engine: engine(),
    quiet: quiet(),
    json: json(),
  })
  .refine((options) => !options.stdin || options.engine !== 'native', {
    path: ['engine'],
    message: 'cannot be combined with --stdin',
  })

export type SendOptions = z.output<typeof sendOptions>

/** Milliseconds from one datagram to the next. */
export function intervalMillis({ interval, rate: perSecond }: SendOptions): number {
  return perSecond === undefined ? (interval ?? 1_000) : 1_000 / perSecond
}

/** Bytes in each datagram, its header counted. */
export function sizeBytes({ size = 64 }: SendOptions): number {
  return size
}
