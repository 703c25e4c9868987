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
  tallies,
} from './fields.ts'
import { clockReading, reason } from './sntp-fields.ts'

const delayMicros = micros.nullable().describe("the round trip without the server's own time")

const measured = { durationMillis, ...tallies, rttMicros: distribution }

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
    outcome: z.enum(['answered', 'refused', 'unreachable', 'silent']),
    reason: reason
      .nullable()
      .describe('why the reply was not believed; null: it was, or none came'),
    ...clockReading,
    delayMicros,
  }),
  interval: z.strictObject(measured),
  end: z
    .strictObject({ ...measured, ...clockReading, delayMicros, error: failure.optional() })
    .describe('offset and delay are those of the exchange with the least delay'),
})

export type SntpQueryEvent = z.infer<typeof sntpQueryEvent>
