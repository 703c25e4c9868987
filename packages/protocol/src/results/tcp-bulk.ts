import { z } from 'zod'

import { events } from './events.ts'
import { count, durationMillis, failure, host, millis, port } from './fields.ts'

const bytesPerSecond = z.number().nonnegative().describe('received; of direction up, sent')

const receivedBytes = count.describe('came back right; of direction down, came')

/** The lines of `tcp-echo ping --bulk`. */
export const tcpBulkEvent = events({
  start: z.strictObject({
    host,
    address: host,
    port,
    direction: z
      .enum(['both', 'up', 'down'])
      .describe('up: to a discard service; down: from a chargen service; both: an echo'),
    connections: count,
    sizeBytes: count.nullable().describe('how much to move in all; null: until the deadline'),
    deadlineMillis: millis.nullable().describe('null: until everything is back'),
  }),
  sample: z.strictObject({
    connection: count.describe('from 0'),
    sentBytes: count,
    receivedBytes,
    bytesPerSecond,
    firstWrongByte: count.nullable().describe('offset in the stream; null: every byte was right'),
  }),
  interval: z.strictObject({
    durationMillis,
    sentBytes: count,
    receivedBytes,
    bytesPerSecond,
  }),
  end: z.strictObject({
    durationMillis,
    sentBytes: count,
    receivedBytes,
    lostBytes: count.describe('did not come back; of direction up, not confirmed by a FIN'),
    malformedBytes: count.describe('came back as another byte, or were never sent'),
    bytesPerSecond,
    error: failure.optional(),
  }),
})

/** One line of `tcp-echo ping --bulk --json`. */
export type TcpBulkEvent = z.infer<typeof tcpBulkEvent>
