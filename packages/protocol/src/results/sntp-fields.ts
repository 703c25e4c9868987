import { z } from 'zod'

import { micros } from './fields.ts'

/** How far the source's clock is ahead of ours, and what it says of itself (RFC 5905, section 7.3). */
export const clockReading = {
  offsetMicros: micros.nullable().describe("the source's clock minus ours; null: not known"),
  uncertaintyMicros: z
    .number()
    .nonnegative()
    .nullable()
    .describe('uncertainty of the offset, either way; null: not known'),
  stratum: z.int().min(0).max(255).nullable(),
  reference: z.string().nullable().describe('kind of clock, address or kiss code, by stratum'),
  leap: z.int().min(0).max(3).nullable().describe('0 none, 1 insert, 2 remove, 3 unsynchronised'),
}

/** Why a packet was not believed; each of the protocol's checks has its own. */
export const reason = z
  .string()
  .regex(/^[a-z][a-z-]*$/)
  .describe('such as duplicate, step or root-distance')
