import type { RejectReason } from '../access/connection-limiter.ts'
import type { ExpiryReason } from './tcp-connection.ts'

/** Why a connection of a proxy is rejected before it is known whose it is. */
export type ProxyRejectReason = 'proxy-header-missing' | 'proxy-header-malformed'

/** `dropped`: over the limit, and too many rejections in progress: closed at once. */
const REJECTIONS = [
  'denied',
  'not-allowed',
  'too-many-from-address',
  'too-many',
  'stopping',
  'dropped',
  'proxy-header-missing',
  'proxy-header-malformed',
] as const satisfies readonly (RejectReason | ProxyRejectReason | 'dropped')[]
const EXPIRIES = ['idle', 'first-data', 'vanished'] as const satisfies readonly ExpiryReason[]
/** Errors that are counted by their errno's name. */
const ERRORS = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTCONN',
  'OTHER',
] as const
const NUMBERS = ['open', 'queued', 'accepted', 'received', 'sent', 'seconds'] as const
/** Upper bounds of how long connections lasted, seconds. */
const DURATION_BUCKETS = [0.001, 0.01, 0.1, 1, 10, 60, 300, 3600] as const
/** The last bucket has no bound. */
const BUCKETS = [...DURATION_BUCKETS, Number.POSITIVE_INFINITY]

const FIRST_REJECTION = NUMBERS.length
const FIRST_EXPIRY = FIRST_REJECTION + REJECTIONS.length
const FIRST_ERROR = FIRST_EXPIRY + EXPIRIES.length
const FIRST_BUCKET = FIRST_ERROR + ERRORS.length
const OPEN = NUMBERS.indexOf('open')
const QUEUED = NUMBERS.indexOf('queued')
const ACCEPTED = NUMBERS.indexOf('accepted')
const RECEIVED = NUMBERS.indexOf('received')
const SENT = NUMBERS.indexOf('sent')
const SECONDS = NUMBERS.indexOf('seconds')

/**
 * What is counted of TCP connections: plain numbers in memory that threads can share. One thread writes; a number
 * is 8 bytes in one piece, so that a reader sees the old one or the new.
 */
export class TcpCounters {
  readonly memory: SharedArrayBuffer
  readonly #values: Float64Array

  /** @param memory of the counters of another thread */
  constructor(memory = new SharedArrayBuffer(8 * (FIRST_BUCKET + BUCKETS.length))) {
    this.memory = memory
    this.#values = new Float64Array(memory)
  }

  /** Adds bytes that came from peers. */
  received(bytes: number): void {
    this.#add(RECEIVED, bytes)
  }

  /** Adds bytes that the kernel has taken for peers. */
  sent(bytes: number): void {
    this.#add(SENT, bytes)
  }

  /** @param bytes more, or fewer, that wait in this process for their peers */
  queued(bytes: number): void {
    this.#add(QUEUED, bytes)
  }

  /** A connection was accepted. */
  opened(): void {
    this.#add(ACCEPTED, 1)
    this.#add(OPEN, 1)
  }

  /** @param seconds how long it lasted */
  closed(seconds: number): void {
    this.#add(OPEN, -1)
    this.#add(SECONDS, seconds)
    this.#add(FIRST_BUCKET + BUCKETS.findIndex((bound) => seconds <= bound), 1)
  }

  /** A connection was not accepted. */
  rejected(reason: (typeof REJECTIONS)[number]): void {
    this.#add(FIRST_REJECTION + REJECTIONS.indexOf(reason), 1)
  }

  /** A connection was closed by a timeout. */
  expired(reason: ExpiryReason): void {
    this.#add(FIRST_EXPIRY + EXPIRIES.indexOf(reason), 1)
  }

  /** @param error with a code of Node's; rare ones are counted as OTHER */
  failed(error: Error): void {
    const code = 'code' in error ? error.code : undefined
    const index = ERRORS.findIndex((each) => each === code)
    this.#add(FIRST_ERROR + (index < 0 ? ERRORS.length - 1 : index), 1)
  }

  /** Connections, bytes, or for `seconds` the durations of all closed connections together. */
  get(name: (typeof NUMBERS)[number]): number {
    return this.#at(NUMBERS.indexOf(name))
  }

  /** Every reason with its count, 0 included. */
  rejections(): [reason: string, count: number][] {
    return this.#named(REJECTIONS, FIRST_REJECTION)
  }

  /** Every timeout with its count, 0 included. */
  expiries(): [reason: string, count: number][] {
    return this.#named(EXPIRIES, FIRST_EXPIRY)
  }

  /** Every errno's name with its count, 0 included. */
  errors(): [code: string, count: number][] {
    return this.#named(ERRORS, FIRST_ERROR)
  }

  /** How many connections lasted at most as long as each bound, and longer than the one before. */
  durations(): [seconds: number, count: number][] {
    return BUCKETS.map((bound, index) => [bound, this.#at(FIRST_BUCKET + index)])
  }

  /**
   * Adds what another process has counted since its last report.
   *
   * @param reported the values of its last report; becomes `values`
   * @param values all that it has counted, as its memory holds it
   */
  merge(reported: Float64Array, values: readonly number[]): void {
    for (const [index, value] of values.entries()) {
      this.#add(index, value - (reported[index] ?? 0))
      reported[index] = value
    }
  }

  /** The process whose counts these were has ended, and its connections with it; what else it counted stays. */
  release(reported: Float64Array): void {
    for (const index of [OPEN, QUEUED]) {
      this.#add(index, -(reported[index] ?? 0))
      reported[index] = 0
    }
  }

  #named<Name>(names: readonly Name[], first: number): [Name, number][] {
    return names.map((name, index) => [name, this.#at(first + index)])
  }

  #at(index: number): number {
    return this.#values[index] ?? 0
  }

  #add(index: number, amount: number): void {
    this.#values[index] = this.#at(index) + amount
  }
}
