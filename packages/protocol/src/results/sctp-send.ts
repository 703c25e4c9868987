import { z } from 'zod'

import { events } from './events.ts'
import { count, durationMillis, failure, host, millis, port } from './fields.ts'

const elapsedMillis = millis.describe('since the association was up')

const counted = {
  durationMillis,
  sent: count,
  received: count,
  lost: count.describe('sent, and never acknowledged by the peer (SCTP_SEND_FAILED)'),
}

/** The lines of `sctp-echo send`. */
export const sctpSendEvent = events({
  start: z.strictObject({
    host,
    address: host,
    port: port.describe('SCTP port'),
    udpPort: port,
    outboundStreams: count.describe('towards the peer, as agreed'),
    inboundStreams: count,
    sizeBytes: count.nullable().describe('what messages are filled up to; null: they are not'),
  }),
  sample: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('message'),
      elapsedMillis,
      stream: count,
      sequence: count.describe('stream sequence number; 0 when unordered'),
      tsn: count,
      protocolId: count,
      unordered: z.boolean(),
      sizeBytes: count,
      text: z.string(),
    }),
    z.strictObject({
      kind: z
        .enum(['association', 'address', 'send-failure', 'peer-error', 'shutdown'])
        .describe('as in struct sctp_event_subscribe (RFC 6458)'),
      elapsedMillis,
      message: z.string().min(1),
      facts: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ]),
  interval: z.strictObject(counted),
  end: z.strictObject({ ...counted, error: failure.optional() }),
})

/** One line of `sctp-echo send --json`. */
export type SctpSendEvent = z.infer<typeof sctpSendEvent>
