import { randomInt } from 'node:crypto'

import { RoundTrips, type RoundTripTotals } from '../statistics/round-trips.ts'
import type { OnOutcome } from './connection.ts'
import { ProbeFormat } from './probe-format.ts'
import type { ProbeSizes } from './probe-sizes.ts'
import type { ReplyHeader } from './reply-headers.ts'

/** What is sent, and what takes the outcomes. */
export interface MessageProbesOptions {
  totals: RoundTripTotals
  onOutcome: OnOutcome
  sizes: ProbeSizes
  /** How long a reply may take. */
  waitMillis: number
  /** Probes that are remembered, a power of two; default: 65,536. */
  capacity?: number
  /** Nanoseconds since 1970. */
  now: () => bigint
}

/** The probes of a transport that keeps messages whole (UDP, SCTP): builds them, and judges what comes back. */
export class MessageProbes {
  readonly trips: RoundTrips
  readonly #options: MessageProbesOptions
  readonly #format: ProbeFormat

  constructor(options: MessageProbesOptions) {
    const { totals, onOutcome, sizes, waitMillis, capacity } = options
    this.#options = options
    this.#format = new ProbeFormat(randomInt(2 ** 32), sizes)
    this.trips = new RoundTrips(totals, {
      timeoutMillis: waitMillis,
      ...(capacity !== undefined && { capacity }),
      onLost: (sequence, reason) => onOutcome(sequence, reason, null),
    })
  }

  /** The bytes of a probe. */
  encode(sequence: number): Uint8Array {
    return this.#format.encode(sequence, this.#options.now())
  }

  /**
   * Takes a message that came in.
   *
   * @param at milliseconds of `performance.now()`
   * @param header of its packet, where it is known
   */
  receive(bytes: Uint8Array, at = performance.now(), header?: ReplyHeader): void {
    const { newest = 0 } = this.trips.pending
    const reply = this.#format.decode(bytes, newest)
    if (reply.kind === 'foreign') return
    const sequence = 'sequence' in reply ? reply.sequence : undefined
    if (reply.kind === 'malformed') this.#malformed(sequence ?? this.#nextInOrder() ?? newest)
    else this.#replied(sequence ?? this.#nextInOrder() ?? newest, at, header)
  }

  #malformed(sequence: number): void {
    this.trips.malformed()
    this.#options.onOutcome(sequence, 'malformed', null)
  }

  #replied(sequence: number, at: number, header: ReplyHeader | undefined): void {
    const outcome = this.trips.reply(sequence, at)
    // A late one was reported as unanswered, and stays lost.
    if (outcome === 'late') return
    const isAnswer = outcome === 'answered' || outcome === 'reordered'
    const rttMicros = isAnswer ? this.trips.lastRoundTripMicros : null
    this.#options.onOutcome(sequence, outcome, rttMicros, header)
  }

  /** What carries no number is for the oldest whose wait is not over; undefined when none waits. */
  #nextInOrder(): number | undefined {
    const { pending } = this.trips
    pending.expire(performance.now())
    return pending.oldestWaiting
  }
}
