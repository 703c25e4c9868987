import { z } from 'zod'

import { events } from './events.ts'
import { count, durationMillis, failure, host, millis, port, tallies } from './fields.ts'

const bytesPerSecond = z.number().nonnegative().describe('received')

/** The lines of `tcp-echo ping --bulk`. Its tallies count bytes. */
export const tcpBulkEvent = events({
  start: z.strictObject({
    host,
    address: host,
    port,
    connections: count,
    sizeBytes: count.nullable().describe('how much to send in all; null: until the deadline'),
    deadlineMillis: millis.nullable().describe('null: until everything is back'),
  }),
  sample: z.strictObject({
    connection: count.describe('from 0'),
    sentBytes: count,
    receivedBytes: count,
    bytesPerSecond,
    firstWrongByte: count.nullable().describe('offset in the stream; null: every byte was right'),
  }),
  interval: z.strictObject({
    durationMillis,
    sentBytes: count,
    receivedBytes: count,
    bytesPerSecond,
  }),
  end: z
    .strictObject({ durationMillis, ...tallies, bytesPerSecond, error: failure.optional() })
    .describe('sent, received, lost and malformed count bytes; a stream has nothing duplicated'),
})

export type TcpBulkEvent = z.infer<typeof tcpBulkEvent>
