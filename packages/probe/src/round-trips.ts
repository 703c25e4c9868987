import { type LossReason, Outstanding } from './outstanding.ts'
import type { RoundTripTotals } from './round-trip-totals.ts'
import { u32 } from './sequence-space.ts'

/**
 * What a reply turned out to be; counted under the same name, but 'late', whose request is lost or, if that was
 * long ago, forgotten.
 */
export type ReplyOutcome = 'answered' | 'reordered' | 'duplicated' | 'malformed' | 'late'

export interface RoundTripsOptions {
  /** How long a reply may take (`--wait`). */
  timeoutMillis: number
  /** Requests remembered, a power of two; 65,536 unless told (1.4 MiB; 21 B each). */
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
   * @param dueAt when it should have gone out by a schedule that does not wait for replies: its round trip is
   *   counted from then, so that what is late because of us is no better for it (coordinated omission)
   */
  sent(sequence: number, at = performance.now(), dueAt?: number): void {
    this.#totals.tallies.sent++
    if (dueAt !== undefined) this.#totals.late((at - dueAt) * 1_000)
    this.outstanding.sent(sequence, at, dueAt)
  }

  /** For a request that `sent` was told of without `dueAt`, and which then waited for others to leave with it. */
  departed(sequence: number, at: number, dueAt?: number): void {
    if (dueAt !== undefined) this.#totals.late((at - dueAt) * 1_000)
    this.outstanding.departed(sequence, at, dueAt)
  }

  /** So many were due and will not be sent, because we came too late for them. */
  skipped(requests: number): void {
    this.#totals.tallies.skipped += requests
  }

  /** A reply came in whose content is right. */
  reply(sequence: number, at = performance.now()): ReplyOutcome {
    const verdict = this.outstanding.reply(sequence, at)
    if (verdict === 'answered') return this.#answered(sequence)
    if (verdict === 'duplicate') return this.#counted('duplicated')
    return verdict === 'unknown' ? this.#counted('malformed') : 'late'
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
