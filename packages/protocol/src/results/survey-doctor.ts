import { z } from 'zod'

import { count, millis, at } from './fields.ts'

const line = z.string().min(1)

const link = z.strictObject({
  name: line,
  state: z
    .enum(['ok', 'broken', 'unreached', 'unknown'])
    .describe('unknown: cannot be seen from here; unreached: no packet came to it'),
})

/** What a check came to, and what it rests on. */
const verdict = z.strictObject({
  verdict: z.enum(['ok', 'warn', 'fail']),
  code: line.describe('the same for the same fault, such as `reverse-path-filter`'),
  summary: line.describe('what is seen, in one sentence'),
  cause: line.describe('why, as far as it can be known from here'),
  remedy: z.string().describe('one thing to do; empty when nothing is to be done'),
  evidence: z.array(line),
  chain: z.array(link).describe('the way of a packet, to the link that breaks'),
  facts: z.record(z.string(), z.json()).describe('what was measured; it depends on the check'),
})

/** The lines of `survey doctor --json`. */
export const surveyDoctorEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('start'),
    at,
    data: z.strictObject({
      check: z.enum(['host', 'multicast', 'udp', 'tcp', 'stamp']),
      target: line,
      waitMillis: millis,
    }),
  }),
  z.looseObject({ event: z.literal('sample'), at, data: verdict }),
  z.looseObject({
    event: z.literal('end'),
    at,
    data: z.strictObject({ checks: count, failed: count }),
  }),
])

/** One line of `survey doctor --json`. */
export type SurveyDoctorEvent = z.infer<typeof surveyDoctorEvent>
