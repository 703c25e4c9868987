import { z } from 'zod'

import { events } from './events.ts'
import { count, durationMillis, failure, host, micros, port, tallies } from './fields.ts'
import { clockReading, reason } from './sntp-fields.ts'

/** What is known of one source of broadcasts. */
const source = z.strictObject({
  source: host,
  port,
  state: z.enum(['new', 'heard', 'silent', 'stepped']),
  ...clockReading,
  delayMicros: micros.nullable().describe('one way, by an exchange with it; null: assumed'),
  jitterMicros: micros.nullable().describe('of its offset; null: heard once'),
  lastHeard: z.iso.datetime().describe('UTC'),
  accepted: count,
  refused: z.record(reason, count).describe('how many for each reason'),
})

const measured = { durationMillis, ...tallies, sources: z.array(source) }

/** The lines of `sntp-listener`. Nothing is sent but the exchanges that measure a source's delay. */
export const sntpObserveEvent = events({
  start: z.strictObject({
    port,
    memberships: z.array(
      z.strictObject({
        group: host,
        interface: z.string().nullable().describe("null: the system's choice"),
      }),
    ),
  }),
  sample: z.strictObject({
    source: host,
    port,
    verdict: z.enum(['accept', 'refuse']),
    reason: reason.nullable().describe('null: accepted'),
    ...clockReading,
  }),
  interval: z.strictObject(measured),
  end: z
    .strictObject({ ...measured, error: failure.optional() })
    .describe('sent counts the exchanges that measured a delay; received, accepted broadcasts'),
})

export type SntpObserveEvent = z.infer<typeof sntpObserveEvent>
