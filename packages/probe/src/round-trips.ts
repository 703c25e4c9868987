import { type LossReason, Outstanding } from './outstanding.ts'
import type { RoundTripTotals } from './round-trip-totals.ts'
import { u32 } from './sequence-space.ts'

/** What a reply turned out to be; counted under the same name, but 'late', whose request is lost. */
export type ReplyOutcome = 'answered' | 'reordered' | 'duplicated' | 'malformed' | 'late'

export interface RoundTripsOptions {
  /** How long a reply may take (`--wait`). */
  timeoutMillis: number
  /** Requests remembered, a power of two; 65,536 unless told (850 KiB; 13 B each). */
  capacity?: number
  /** Called for each request that is lost: no reply in time, or `failed`. */
  onLost?: (sequence: number, reason: LossReason) => void
}

/**
 * The requests and replies of one connection (or of one UDP socket), counted into the totals of the
 * run. Tell it what goes out and what comes in.
 *
 * @example
 * const totals = new RoundTripTotals()
 * const trips = new RoundTrips(totals, { timeoutMillis: 1000 })
 * socket.on('message', (bytes) => {
 *   const outcome = trips.reply(decode(bytes).sequence)
 *   reporter.sample({ outcome, rttMicros: trips.lastRttMicros, … })
 * })
 * await pace({ intervalMillis, count, signal }, (sequence) => {
 *   trips.sent(sequence)
 *   socket.send(…)
 * })
 * await settle(trips.outstanding, signal)
 * reporter.end(totals.total())
 */
export class RoundTrips {
  readonly outstanding: Outstanding
  readonly #totals: RoundTripTotals
  /** The reply that would be in order. */
  #next = 0

  constructor(totals: RoundTripTotals, options: RoundTripsOptions) {
    this.#totals = totals
    this.outstanding = new Outstanding({
      ...options,
      onLost: (sequence, reason) => {
        totals.tallies.lost++
        options.onLost?.(sequence, reason)
      },
    })
  }

  /**
   * A request goes out: call it just before sending.
   *
   * @param sequence 0, 1, 2 …
   * @param at milliseconds of `performance.now()`
   */
  sent(sequence: number, at = performance.now()): void {
    this.#totals.tallies.sent++
    this.outstanding.sent(sequence, at)
  }

  /** A reply came in whose content is right. */
  reply(sequence: number, at = performance.now()): ReplyOutcome {
    const verdict = this.outstanding.reply(sequence, at)
    if (verdict === 'answered') return this.#answered(sequence)
    if (verdict === 'duplicate') return this.#counted('duplicated')
    return verdict === 'late' ? 'late' : this.#counted('malformed')
  }

  /** Something came in that is no reply, or holds other bytes than were sent. */
  malformed(): void {
    this.#counted('malformed')
  }

  /** The request could not be sent, or the network said that it did not arrive: lost now. */
  failed(sequence: number): void {
    this.outstanding.failed(sequence)
  }

  /** The round trip of the reply that was last 'answered', 'reordered' or 'late'. */
  get lastRttMicros(): number {
    return Math.round(this.outstanding.lastRoundTripMillis * 1_000_000) / 1_000
  }

  #answered(sequence: number): ReplyOutcome {
    this.#totals.received(this.outstanding.lastRoundTripMillis * 1_000)
    if (u32.distance(sequence, this.#next) < 0) return this.#counted('reordered')
    this.#next = u32.advance(sequence, 1)
    return 'answered'
  }

  #counted(outcome: 'reordered' | 'duplicated' | 'malformed'): ReplyOutcome {
    this.#totals.tallies[outcome]++
    return outcome
  }
}
