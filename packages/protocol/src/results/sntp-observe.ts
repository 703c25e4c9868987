import { z } from 'zod'

import { events, lines } from './events.ts'
import { count, durationMillis, failure, host, micros, port, counts } from './fields.ts'
import { clockReading, reason } from './sntp-fields.ts'

const from = { source: host, sourcePort: port }

const delayMicros = micros
  .nullable()
  .describe('one way, by an exchange with the source; null: assumed, or not known')

const jitterMicros = micros
  .nullable()
  .describe('of its offset (RFC 3550, section 6.4.1); null: heard once, or not known')

/** What is known of one source of broadcasts. */
const source = z.strictObject({
  ...from,
  state: z.enum(['new', 'heard', 'silent', 'stepped']),
  ...clockReading,
  delayMicros,
  jitterMicros,
  lastHeard: z.iso.datetime().describe('UTC'),
  accepted: count,
  rejections: z.record(reason, count).describe('how many for each reason'),
})

const { received, duplicated, reordered, malformed, ...requestCounts } = counts

const measured = {
  durationMillis,
  received: count.describe('broadcasts that were accepted'),
  rejected: count.describe('datagrams that were not, for any reason'),
  duplicated,
  reordered,
  malformed,
  requests: z
    .strictObject({ ...requestCounts, received })
    .describe('the exchanges that measure the delay of a source'),
  sources: z.array(source),
}

/** The results of `sntp-listener`. */
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
    ...from,
    outcome: z.enum(['accepted', 'rejected']),
    reason: reason.nullable().describe('null: accepted'),
    ...clockReading,
    delayMicros,
    jitterMicros,
  }),
  interval: z.strictObject(measured),
  end: z.strictObject({ ...measured, error: failure.optional() }),
})

/** One result of `sntp-listener`. */
export type SntpObserveEvent = z.infer<typeof sntpObserveEvent>

/** Every line of its output with `--json`. */
export const sntpObserveLine = lines(sntpObserveEvent)
