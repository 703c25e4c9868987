import { z } from 'zod'

import { count, host, port } from './fields.ts'

const time = z.iso.datetime().describe('RFC 3339, UTC')
const group = z.string().min(1)

const peer = z.strictObject({
  transport: z.enum(['tcp', 'udp', 'sctp']),
  localAddress: z.string().describe('numeric; empty where it is not known'),
  localPort: port,
  remoteAddress: host,
  remotePort: port,
  group: group.nullable().describe('the multicast group that it was sent to'),
  receivedBytes: count.describe('of datagrams an estimate under load'),
  sentBytes: count,
  received: count.nullable().describe('datagrams or messages; null of TCP'),
  sent: count.nullable(),
  since: time,
  last: time,
})

/** What GET /peers of an admin endpoint answers. */
export const peersAnswer = z.strictObject({
  at: time,
  service: z.string().describe('the name of the app'),
  peers: z.array(peer).max(256).describe('those with the most bytes, most first'),
  others: z
    .strictObject({ receivedBytes: count, sentBytes: count, received: count, sent: count })
    .describe('all other traffic since the start, also of connections that are closed'),
  memberships: z
    .array(z.strictObject({ group, interface: z.string().min(1), port }))
    .describe('the multicast groups that are joined now'),
})
