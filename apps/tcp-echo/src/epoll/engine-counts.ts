import type { ConnectionRefusal } from '@sockyard/service/connection-counts'

import { VISIT_METRIC } from '../visit-metric.ts'

/** `dropped`: too many, and too many who are told so: closed at once. */
const REFUSALS = [
  'denied',
  'not-allowed',
  'too-many-from-address',
  'too-many',
  'stopping',
  'dropped',
] as const satisfies readonly (ConnectionRefusal | 'dropped')[]
const EXPIRIES = ['idle', 'vanished'] as const
const ERRORS = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTCONN',
  'OTHER',
] as const
type Single = 'open' | 'accepted' | 'received' | 'sent' | 'seconds'
/** The last bucket has no bound. */
const BUCKETS = [...VISIT_METRIC.buckets, Number.POSITIVE_INFINITY]

const SINGLES: readonly Single[] = ['open', 'accepted', 'received', 'sent', 'seconds']
/** Where in the memory it stands how many connections are open. */
export const OPEN = SINGLES.indexOf('open')
const FIRST_REFUSAL = SINGLES.length
const FIRST_EXPIRY = FIRST_REFUSAL + REFUSALS.length
const FIRST_ERROR = FIRST_EXPIRY + EXPIRIES.length
const FIRST_BUCKET = FIRST_ERROR + ERRORS.length
const RECEIVED = SINGLES.indexOf('received')
const SENT = SINGLES.indexOf('sent')

/**
 * What one worker counts, in memory that the main thread reads when somebody scrapes. Only the worker writes; a
 * number is 8 bytes in one piece, so that a reader sees the old one or the new.
 */
export class EngineCounts {
  readonly memory: SharedArrayBuffer
  readonly #values: Float64Array

  constructor(memory = new SharedArrayBuffer(8 * (FIRST_BUCKET + BUCKETS.length))) {
    this.memory = memory
    this.#values = new Float64Array(memory)
  }

  received(bytes: number): void {
    this.#add(RECEIVED, bytes)
  }

  sent(bytes: number): void {
    this.#add(SENT, bytes)
  }

  entered(): void {
    this.#add(SINGLES.indexOf('accepted'), 1)
    this.#add(SINGLES.indexOf('open'), 1)
  }

  left(seconds: number): void {
    this.#add(SINGLES.indexOf('open'), -1)
    this.#add(SINGLES.indexOf('seconds'), seconds)
    this.#add(FIRST_BUCKET + BUCKETS.findIndex((bound) => seconds <= bound), 1)
  }

  refused(reason: (typeof REFUSALS)[number]): void {
    this.#add(FIRST_REFUSAL + REFUSALS.indexOf(reason), 1)
  }

  expired(reason: (typeof EXPIRIES)[number]): void {
    this.#add(FIRST_EXPIRY + EXPIRIES.indexOf(reason), 1)
  }

  /** @param code an errno's name; rare ones are counted as OTHER */
  failed(code: string): void {
    const index = ERRORS.findIndex((each) => each === code)
    this.#add(FIRST_ERROR + (index < 0 ? ERRORS.length - 1 : index), 1)
  }

  single(name: Single): number {
    return this.#at(SINGLES.indexOf(name))
  }

  refusals(): [string, number][] {
    return REFUSALS.map((reason, index) => [reason, this.#at(FIRST_REFUSAL + index)])
  }

  expiries(): [string, number][] {
    return EXPIRIES.map((reason, index) => [reason, this.#at(FIRST_EXPIRY + index)])
  }

  errors(): [string, number][] {
    return ERRORS.map((code, index) => [code, this.#at(FIRST_ERROR + index)])
  }

  /** How many connections lasted at most as long as each bound, and longer than the one before. */
  buckets(): [bound: number, count: number][] {
    return BUCKETS.map((bound, index) => [bound, this.#at(FIRST_BUCKET + index)])
  }

  #at(index: number): number {
    return this.#values[index] ?? 0
  }

  #add(index: number, amount: number): void {
    this.#values[index] = this.#at(index) + amount
  }
}
