import { isMulticast, MULTICAST_HEADER_BYTES } from '@sockyard/protocol/multicast'
import { count, groups, json, quiet, rate, ttl } from '@sockyard/service/common-options'
import { byteSize, choice, duration, flag, integer, text } from '@sockyard/service/options'
import { z } from 'zod'

/** The longest datagram of IPv4: 65,535 B without the headers of IP (20 B) and UDP (8 B). */
export const MAXIMUM_DATAGRAM_BYTES = 65_507

export const sendOptions = z
  .strictObject({
    group: groups(['239.255.43.21'], isMulticast).meta({
      description: 'multicast group, IPv4 or IPv6; again for more',
    }),
    port: integer(4321, { minimum: 1, maximum: 65_535 }).meta({
      short: 'p',
      valueName: 'PORT',
      description: 'port of the groups',
    }),
    interface: text().meta({
      short: 'I',
      valueName: 'INTERFACE',
      description: "send by this one, by name or address; without it the system's choice",
    }),
    ttl: ttl(),
    loopback: flag(true).meta({ description: 'receivers on this host get it too' }),
    count: count().meta({ description: 'datagrams to each group; without it, for ever' }),
    interval: duration(undefined, { minimum: '1ms', maximum: '24h' }).meta({
      short: 'i',
      preset: '1s',
      description: 'time from one datagram to the next',
    }),
    rate: rate().meta({ description: 'datagrams a second to each group, instead of an interval' }),
    size: byteSize(undefined, {
      minimum: MULTICAST_HEADER_BYTES,
      maximum: MAXIMUM_DATAGRAM_BYTES,
    }).meta({ short: 's', preset: '64', description: 'bytes in each' }),
    stdin: flag().meta({ description: 'send each line of standard input, and end with it' }),
    plain: flag().meta({
      description: 'with --stdin: the line alone, without our header, for other programs',
    }),
    engine: choice(['auto', 'batch', 'dgram'], 'auto').meta({
      description: 'how to send: many at once by system call, or by node:dgram',
    }),
    quiet: quiet().meta({ description: 'one line a second instead of one for each datagram' }),
    json: json(),
  })
  .refine(({ interval, rate: perSecond }) => interval === undefined || perSecond === undefined, {
    path: ['rate'],
    message: 'and --interval exclude each other',
  })
  .refine(({ stdin, plain }) => stdin || !plain, { path: ['plain'], message: 'goes with --stdin' })
  .refine(({ stdin, engine }) => !stdin || engine !== 'batch', {
    path: ['engine'],
    message: 'does not go with --stdin',
  })
  .superRefine((options, context) => {
    for (const path of ['count', 'interval', 'rate', 'size'] as const)
      if (options.stdin && options[path] !== undefined)
        context.addIssue({ code: 'custom', path: [path], message: 'does not go with --stdin' })
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
