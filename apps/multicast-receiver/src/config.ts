import { isIP } from 'node:net'

import { isMulticast } from '@sockyard/protocol/multicast'
import { deadline, groups, interfaces, json, quiet } from '@sockyard/service/common-options'
import { choice, integer, list } from '@sockyard/service/options'
import { z } from 'zod'

export const receiveOptions = z.strictObject({
  group: groups(['239.255.43.21'], isMulticast).meta({
    description: 'multicast group, IPv4 or IPv6; again for more',
  }),
  port: integer(4321, { minimum: 1, maximum: 65_535 }).meta({
    short: 'p',
    valueName: 'PORT',
    description: 'port of the groups',
  }),
  interface: interfaces()
    .refine((wanted) => wanted.length < 2 || !wanted.some(isWord), 'any and all stand alone')
    .meta({
      kind: 'list',
      short: 'I',
      valueName: 'INTERFACE',
      preset: 'any',
      description: 'any (the one the route takes), all, or names or addresses; again for more',
    }),
  source: list(z.string().refine(isUnicast, 'must be the address of a sender')).meta({
    valueName: 'ADDRESS',
    description: 'only from this sender (source-specific, RFC 4607); again for more',
  }),
  count: integer(undefined, { minimum: 1 }).meta({
    short: 'c',
    valueName: 'COUNT',
    description: 'end after so many datagrams; without it, never',
  }),
  deadline: deadline().meta({
    description: 'end after this long; with --count, 1 is the exit code then',
  }),
  maxSenders: integer(100, { minimum: 1, maximum: 1_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'senders measured at a time, least recently heard first out',
  }),
  engine: choice(['auto', 'batch', 'dgram'], 'auto').meta({
    description: 'how to receive: many at once by system call, or by node:dgram',
  }),
  quiet: quiet().meta({ description: 'one line a second instead of one for each datagram' }),
  json: json(),
})

export type ReceiveOptions = z.output<typeof receiveOptions>

function isWord(wanted: string): boolean {
  return wanted === 'any' || wanted === 'all'
}

function isUnicast(address: string): boolean {
  return isIP(address) !== 0 && !isMulticast(address)
}
