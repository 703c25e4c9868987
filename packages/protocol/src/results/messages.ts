import { z } from 'zod'

import { count, failure, host, port } from './fields.ts'

/** The lines of `send`, `exchange` and `receive --json`. */
export const messageEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('start'),
    data: z.strictObject({
      transport: z.enum(['tcp', 'udp']),
      address: host.describe('whom is spoken to; of `receive` where it listens'),
      port,
    }),
  }),
  z.looseObject({
    event: z.literal('sample'),
    data: z.strictObject({
      direction: z.enum(['sent', 'received']),
      address: host.describe('of the other side'),
      port,
      sizeBytes: count.describe('of one send, one recv or one datagram'),
      text: z.string().describe('its first 1,024 bytes as UTF-8, a terminating NUL included'),
    }),
  }),
  z.looseObject({
    event: z.literal('end'),
    data: z.strictObject({
      sent: count,
      sentBytes: count,
      received: count,
      receivedBytes: count,
      error: failure.optional(),
    }),
  }),
])

export type MessageEvent = z.infer<typeof messageEvent>
