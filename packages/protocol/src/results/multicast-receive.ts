import { z } from 'zod'

import { events, lines } from './events.ts'
import {
  count,
  distribution,
  durationMillis,
  failure,
  host,
  micros,
  port,
  counts,
  sequence,
} from './fields.ts'

const { sent, ...receivedCounts } = counts

const source = host.describe('the address it came from')

const sender = count.nullable().describe('the number in the header; null: plain datagrams')

/** One sender's datagrams to one group. */
const flow = z.strictObject({
  group: host,
  port,
  source,
  sender,
  ...receivedCounts,
  delayMicros: distribution,
  jitterMicros: micros.nullable().describe('RFC 3550, section 6.4.1; null: plain datagrams'),
})

const measured = {
  durationMillis,
  kernelDrops: count.describe('dropped by the kernel: the receive buffer was full (SO_RXQ_OVFL)'),
  sent: sent.describe("by the senders' own numbers: received and lost"),
  ...receivedCounts,
  flows: z.array(flow),
}

/** The results of `multicast-receiver`. */
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
    engine: z.enum(['native', 'node']),
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
    sequence: sequence
      .nullable()
      .describe(
        'null: a plain datagram, or above 2^53 - 1, which JSON readers do not keep exactly',
      ),
    sizeBytes: count,
    delayMicros: micros.nullable().describe('one way; null: a plain datagram'),
    text: z.string().describe('the payload as text, or its length and beginning in hex'),
  }),
  interval: z.strictObject(measured),
  end: z.strictObject({ ...measured, error: failure.optional() }),
})

/** One result of `multicast-receiver`. */
export type MulticastReceiveEvent = z.infer<typeof multicastReceiveEvent>

/** Every line of its output with `--json`. */
export const multicastReceiveLine = lines(multicastReceiveEvent)
