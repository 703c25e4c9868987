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

const clock = {
  offsetMicros: micros
    .nullable()
    .describe('server clock minus local clock; null: the answer has no known format'),
  uncertaintyMicros: micros.nullable().describe('uncertainty: a server answers in whole seconds'),
}

const measured = { durationMillis, ...counts, rttMicros: distribution }

/** The lines of `daytime query`. */
export const daytimeQueryEvent = events({
  start: z.strictObject({
    service: z.enum(['daytime', 'time']),
    transport: z.enum(['tcp', 'udp']),
    host,
    address: host,
    port,
    count: count.nullable().describe('null: until stopped'),
    intervalMillis: millis,
  }),
  sample: z.strictObject({
    sequence: count,
    outcome: z
      .enum(['answered', 'malformed', 'refused', 'silent'])
      .describe('refused: an error came, such as an ICMP error; silent: no answer in time'),
    text: z.string().nullable().describe('the answer, or its time in ISO 8601'),
    ...clock,
    rttMicros: z.number().nonnegative().nullable(),
  }),
  interval: z.strictObject(measured),
  end: z
    .strictObject({ ...measured, ...clock, error: failure.optional() })
    .describe('the offset is the range that fits all answers'),
})

/** One line of `daytime query --json`. */
export type DaytimeQueryEvent = z.infer<typeof daytimeQueryEvent>
