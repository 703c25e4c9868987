import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

import { surveyResult } from '@sockyard/protocol/results'
import { z } from 'zod'

import { SERVICE_NAMES } from '../host/services.ts'

/*
 * What a coordinator and an agent say to each other over TCP, one JSON object a line: the agent says hello with a
 * nonce; the coordinator answers with a job, its own nonce, and a MAC over both; every result has a MAC over the
 * coordinator's nonce and its position, so that none can be forged, repeated, moved or left out unnoticed.
 */

/** Of what an agent reads: a job is much shorter. */
export const MAXIMUM_JOB_BYTES = 16_384
/** Of what a coordinator reads. */
export const MAXIMUM_RESULT_BYTES = 1_048_576
const NONCE_BYTES = 16

const mac = z.string().max(64)
const nonce = z.string().min(16).max(64)

export const hello = z.strictObject({
  agent: z.literal('sockyard-survey'),
  version: z.literal(1),
  nonce,
  /** What the place is called, where it has a name. */
  name: z.string().min(1).max(100).nullable(),
  services: z.array(z.enum(SERVICE_NAMES)),
})

export const jobRequest = z.strictObject({ job: z.string().max(MAXIMUM_JOB_BYTES), nonce, mac })

export const job = z.strictObject({
  targets: z.array(z.string().min(1).max(300)).min(1).max(16),
  profile: z.enum(['quick', 'full', 'long']),
  waitMillis: z.number().int().min(1).max(60_000),
  idleMillis: z.array(z.number().int().min(1).max(86_400_000)).max(16),
})

export type Job = z.output<typeof job>

export const answer = z.strictObject({ result: z.string(), mac })

/** Of a job: one check, its end, or the error that ends it. */
export const result = z.union([
  z.strictObject({ sample: surveyResult }),
  z.strictObject({ end: z.literal(true) }),
  z.strictObject({ error: z.string().max(300) }),
])

export type Result = z.input<typeof result>

export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url')
}

/** HMAC-SHA256 (RFC 2104) over the parts, each on a line; empty without a key. */
export function authenticate(key: Uint8Array | undefined, parts: readonly string[]): string {
  if (key === undefined) return ''
  return createHmac('sha256', key).update(parts.join('\n')).digest('base64url')
}

/** Compares in constant time. */
export function isAuthentic(
  key: Uint8Array | undefined,
  parts: readonly string[],
  given: string,
): boolean {
  const [wanted, got] = [authenticate(key, parts), given].map((each) => Buffer.from(each))
  if (wanted === undefined || got === undefined || wanted.length !== got.length) return false
  return timingSafeEqual(wanted, got)
}

/** What the MAC of a job is over. */
export function jobParts(agentNonce: string, coordinatorNonce: string, text: string): string[] {
  return ['sockyard survey job', agentNonce, coordinatorNonce, text]
}

/** What the MAC of the result at a position, from 0, is over. */
export function resultParts(coordinatorNonce: string, position: number, text: string): string[] {
  return ['sockyard survey result', coordinatorNonce, String(position), text]
}
