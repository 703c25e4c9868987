import { z } from 'zod'

import { at, count, millis } from './fields.ts'

const line = z.string().min(1)

/** What one check came to. */
export const surveyResult = z.strictObject({
  from: line.nullable().describe('of a mesh: the agent that asked; null: this host'),
  to: line.nullable().describe('of a mesh: the agent that was asked'),
  check: line.describe('such as `tcp-connect`'),
  topic: z.enum(['tcp', 'udp', 'sctp', 'multicast', 'time', 'names', 'agent']),
  target: line.describe(
    'where to: ADDRESS:PORT, the name that has no address, or the agent that is asked',
  ),
  verdict: z.enum(['ok', 'warn', 'fail', 'skipped']),
  summary: line.describe('what is seen, or why the check was skipped, in one sentence'),
  cause: line.nullable().describe('why, as far as it can be known from here'),
  remedy: line.nullable().describe('one thing to do'),
  evidence: z.array(line),
  reference: line.nullable().describe('the RFC, and its section'),
  facts: z.record(z.string(), z.json()).describe('what was measured; it depends on the check'),
})

/** The lines of `survey HOST… --json` and `survey mesh --json`: a line for each check as soon as it is finished. */
export const surveyRunEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('start'),
    at,
    data: z.strictObject({
      profile: z.enum(['quick', 'full', 'long']),
      hosts: z.array(line),
      waitMillis: millis,
    }),
  }),
  z.looseObject({ event: z.literal('sample'), at, data: surveyResult }),
  z.looseObject({
    event: z.literal('end'),
    at,
    data: z.strictObject({
      checks: count,
      warned: count,
      failed: count,
      skipped: count,
      interrupted: z.boolean().describe('stopped before the last check'),
    }),
  }),
])

/** What one check came to. */
export type SurveyResult = z.infer<typeof surveyResult>

/** One line of `survey HOST… --json` and `survey mesh --json`. */
export type SurveyRunEvent = z.infer<typeof surveyRunEvent>
