import { z } from 'zod'

import { count, failure, host, port, at } from './fields.ts'

/** The lines of `send`, `exchange` and `receive --json`. */
export const messageEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('start'),
    at,
    data: z.strictObject({
      transport: z.enum(['tcp', 'udp']),
      host: host.describe('as it was named'),
      address: host.describe('the server; for `receive` the address listened on'),
      port,
    }),
  }),
  z.looseObject({
    event: z.literal('sample'),
    at,
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
    at,
    data: z.strictObject({
      sent: count,
      sentBytes: count,
      received: count,
      receivedBytes: count,
      error: failure.optional(),
    }),
  }),
])

/** One line of `send`, `exchange` or `receive --json`. */
export type MessageEvent = z.infer<typeof messageEvent>
