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
      .min(1),
  }),
  sample: z.strictObject({
    group: host,
    port,
    source,
    sourcePort: port,
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
