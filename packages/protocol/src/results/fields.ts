import { z } from 'zod'

/** When a line was written. */
export const at = z.iso
  .datetime({ precision: 6 })
  .describe('when the line was written, by the wall clock: RFC 3339 in UTC with microseconds')

/** How many. */
export const count = z.int().nonnegative()

/** The number of a message within its stream. */
export const sequence = count.describe('of a message within its stream, from 0')

export const port = z.int().min(0).max(65_535)

/** A numeric address, or a name where a name was given. */
export const host = z.string().min(1)

/** A time span in milliseconds, with a fraction. */
export const millis = z.number().nonnegative()

/** Microseconds with a fraction; below zero where two clocks are compared. */
export const micros = z.number()

/** The distribution of round trips or delays; null as a whole when nothing was received. */
export const distribution = z
  .strictObject({
    min: micros,
    mean: micros,
    p50: micros,
    p90: micros.nullable().describe('null below 10 values'),
    p99: micros.nullable().describe('null below 100 values'),
    p999: micros.nullable().describe('null below 1,000 values'),
    max: micros,
    stddev: micros,
  })
  .nullable()
  .describe('microseconds; null when nothing was received')

/** What `end` of every measuring client holds. */
export const counts = {
  sent: count,
  received: count.describe('without duplicates and malformed ones'),
  lost: count,
  duplicated: count,
  reordered: count.describe('received, but after one that was sent later'),
  malformed: count.describe('came back with wrong bytes, or is no message of this protocol'),
}

/** How long what is counted took: this interval, or the whole run. */
export const durationMillis = millis.describe('the interval, or the whole run in `end`')

/** What went wrong with the network, in words that scripts can rely on. */
export const errorClass = z.enum(['TIMEOUT', 'DNS', 'REFUSED', 'UNREACHABLE', 'RESET', 'OTHER'])

/** Why a run failed; absent from `end` when it did not. */
export const failure = z
  .strictObject({
    errorClass,
    message: z.string().min(1).describe('one line for a person'),
    host: host.optional(),
    port: port.optional(),
    code: z.string().optional().describe('the errno name or resolver code, such as ECONNREFUSED'),
  })
  .describe('why the run failed')

/** Why a run failed, as its `end` tells it. */
export type Failure = z.infer<typeof failure>
