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

const clock = {
  offsetMicros: micros
    .nullable()
    .describe("the server's clock less ours; null: it told no moment that is known"),
  uncertaintyMicros: micros.nullable().describe('a server tells whole seconds'),
}

const measured = { durationMillis, ...tallies, rttMicros: distribution }

/** The lines of `daytime query`. */
export const daytimeQueryEvent = events({
  start: z.strictObject({
    service: z.enum(['daytime', 'time']),
    transport: z.enum(['tcp', 'udp']),
    host,
    address: host,
    port,
    count,
    intervalMillis: millis,
  }),
  sample: z.strictObject({
    sequence: count,
    outcome: z.enum(['answered', 'malformed', 'refused', 'silent']),
    text: z.string().nullable().describe('what the server said, or the moment in ISO 8601'),
    ...clock,
    rttMicros: z.number().nonnegative().nullable(),
  }),
  interval: z.strictObject(measured),
  end: z
    .strictObject({ ...measured, ...clock, error: failure.optional() })
    .describe('the offset is what all the answers together allow'),
})

export type DaytimeQueryEvent = z.infer<typeof daytimeQueryEvent>
