import { z } from 'zod'

import { events, lines } from './events.ts'
import { count, durationMillis, failure, host, millis, port, sequence } from './fields.ts'

const sentSoFar = {
  durationMillis,
  sent: count,
  sentBytes: count,
  dropped: count.describe('not sent: the queue was full, or the network refused'),
}

/** The results of `multicast-sender`. */
export const multicastSendEvent = events({
  start: z.strictObject({
    sender: count.describe('its number in every datagram; picked at random'),
    engine: z.enum(['native', 'node']),
    groups: z
      .array(
        z.strictObject({
          group: host,
          port,
          options: z
            .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
            .nullable()
            .describe(
              'IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP or IPV6_MULTICAST_IF, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, as the kernel reports them back; null: not known',
            ),
        }),
      )
      .min(1),
    interface: z.string().nullable().describe("null: the system's choice"),
    ttl: z.int().min(0).max(255),
    loopback: z.boolean().describe('whether receivers on this host get it too'),
    count: count.nullable().describe('null: until stopped'),
    intervalMillis: millis.nullable().describe('null: a datagram for each line of standard input'),
    sizeBytes: count.nullable().describe('null: as long as the line'),
  }),
  sample: z.strictObject({ group: host, port, sequence, sizeBytes: count }),
  interval: z.strictObject(sentSoFar),
  end: z.strictObject({ ...sentSoFar, error: failure.optional() }),
})

/** One result of `multicast-sender`. */
export type MulticastSendEvent = z.infer<typeof multicastSendEvent>

/** Every line of its output with `--json`. */
export const multicastSendLine = lines(multicastSendEvent)
