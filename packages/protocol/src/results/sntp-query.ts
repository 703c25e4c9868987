import { z } from 'zod'

import { events } from './events.ts'
import {
  count,
  distribution,
  durationMillis,
  failure,
  host,
  micros,
  millis,
  port,
  counts,
} from './fields.ts'
import { clockReading, reason } from './sntp-fields.ts'

const roundTrip = "microseconds, without the server's own time (the delay of RFC 5905, section 8)"

const measured = { durationMillis, ...counts, rttMicros: distribution.describe(roundTrip) }

/** The lines of `sntp-listener query`. */
export const sntpQueryEvent = events({
  start: z.strictObject({
    host,
    address: host,
    port,
    count: count.nullable().describe('null: until stopped'),
    intervalMillis: millis,
  }),
  sample: z.strictObject({
    sequence: count,
    outcome: z
      .enum(['answered', 'rejected', 'refused', 'silent'])
      .describe(
        'rejected: the reply failed a check; refused: an ICMP error came; silent: no reply in time',
      ),
    reason: reason.nullable().describe('why the reply was rejected; null: accepted, or none came'),
    ...clockReading,
    rttMicros: micros.nonnegative().nullable().describe(roundTrip),
  }),
  interval: z.strictObject(measured),
  end: z
    .strictObject({ ...measured, ...clockReading, error: failure.optional() })
    .describe('the offset is that of the exchange with the shortest round trip'),
})

/** One line of `sntp-listener query --json`. */
export type SntpQueryEvent = z.infer<typeof sntpQueryEvent>
