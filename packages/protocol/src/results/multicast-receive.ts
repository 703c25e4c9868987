import { z } from 'zod'

import { events } from './events.ts'
import {
  count,
  distribution,
  durationMillis,
  failure,
  host,
  micros,
  port,
  tallies,
  u64Digits,
} from './fields.ts'

const { sent, ...receivedTallies } = tallies

const source = host.describe('the address it came from')

const sender = count.nullable().describe('the number in the header; null: plain datagrams')

/** One sender's datagrams to one group. */
const flow = z.strictObject({
  group: host,
  port,
  source,
  sender,
  ...receivedTallies,
  delayMicros: distribution,
  jitterMicros: micros.nullable().describe('RFC 3550, section 6.4.1; null: plain datagrams'),
})

const measured = {
  durationMillis,
  kernelDrops: count.describe('came, but the receive buffer was full (SO_RXQ_OVFL)'),
  sent: sent.describe("by the senders' own numbers: received and lost"),
  ...receivedTallies,
  flows: z.array(flow),
}

/** The lines of `multicast-receiver`. */
export const multicastReceiveEvent = events({
  start: z.strictObject({
    memberships: z
      .array(
        z.strictObject({
          group: host,
          port,
          interface: z.string().nullable().describe("null: the system's choice"),
          source: host.nullable().describe('null: from any source'),
        }),
      )
      .min(1)
      .describe('what was asked for'),
    engine: z.enum(['batch', 'dgram']),
    joined: z
      .array(
        z.strictObject({
          group: host,
          interface: z.string(),
          index: count.describe("the interface's number"),
          members: count
            .nullable()
            .describe('sockets of this host in the group there (/proc/net/igmp); null: not known'),
          multicastAll: z
            .boolean()
            .nullable()
            .describe('IP_MULTICAST_ALL or IPV6_MULTICAST_ALL; null: not known'),
        }),
      )
      .describe('as the kernel reports it back'),
  }),
  sample: z.strictObject({
    group: host,
    port,
    source,
    sourcePort: port,
    interface: z.string().describe('by which it came in'),
    ttl: count.nullable().describe('TTL or hop limit as it arrived; null: not known'),
    kernelDrops: count
      .nullable()
      .describe('dropped on this socket for want of buffer before it; null: not known'),
    sender,
    sequence: u64Digits.nullable().describe('null: a plain datagram'),
    sizeBytes: count,
    delayMicros: micros.nullable().describe('one way; null: a plain datagram'),
    text: z.string().describe('the payload as text, or its length and beginning in hex'),
  }),
  interval: z.strictObject(measured),
  end: z.strictObject({ ...measured, error: failure.optional() }),
})

export type MulticastReceiveEvent = z.infer<typeof multicastReceiveEvent>
