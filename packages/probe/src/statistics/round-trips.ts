import { DelayVariation } from './delay-variation.ts'
import { IntervalHistogram, type MicrosSummary, toMicro } from './histogram.ts'
import { type LossReason, PendingRequests } from './pending-requests.ts'
import { u32 } from './sequence-space.ts'

/**
 * What a reply turned out to be; counted under the same name, but 'late', whose request is lost or, if that was
 * long ago, forgotten.
 */
export type ReplyOutcome = 'answered' | 'reordered' | 'duplicated' | 'malformed' | 'late'

/** How round trips are measured. */
export interface RoundTripsOptions {
  /** How long a reply may take (`--wait`). */
  timeoutMillis: number
  /** Requests remembered, a power of two; default: 65,536 (1.4 MiB; 21 B each). */
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
 *   reporter.sample({ outcome, rttMicros: trips.lastRoundTripMicros, … })
 * })
 * await pace({ intervalMillis, count, signal }, (sequence) => {
 *   trips.sent(sequence)
 *   socket.send(…)
 * })
 * await settle(trips.pending, signal)
 * reporter.end(totals.total())
 */
export class RoundTrips {
  readonly pending: PendingRequests
  readonly #totals: RoundTripTotals
  readonly #variation: ReturnType<DelayVariation['connection']>
  /** The reply that would be in order. */
  #next = 0

  constructor(totals: RoundTripTotals, options: RoundTripsOptions) {
    this.#totals = totals
    this.#variation = totals.variation.connection()
    this.pending = new PendingRequests({
      ...options,
      onLost: (sequence, reason) => {
        totals.counts.lost++
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
    this.#totals.counts.sent++
    if (dueAt !== undefined) this.#totals.late((at - dueAt) * 1_000)
    this.pending.sent(sequence, at, dueAt)
  }

  /** For a request that `sent` was told of without `dueAt`, and which then waited for others to leave with it. */
  departed(sequence: number, at: number, dueAt?: number): void {
    if (dueAt !== undefined) this.#totals.late((at - dueAt) * 1_000)
    this.pending.departed(sequence, at, dueAt)
  }

  /** So many were due and will not be sent, because we came too late for them. */
  skipped(requests: number): void {
    this.#totals.counts.skipped += requests
  }

  /** A reply came in whose content is right. */
  reply(sequence: number, at = performance.now()): ReplyOutcome {
    const verdict = this.pending.reply(sequence, at)
    if (verdict === 'answered') return this.#answered(sequence)
    if (verdict === 'duplicate') return this.#counted('duplicated')
    return verdict === 'unknown' ? this.#counted('malformed') : 'late'
  }

  /** Something came in that is no reply, or holds other bytes than were sent. */
  malformed(): void {
    this.#counted('malformed')
  }

  /** The request is lost now: it could not be sent, did not arrive, or came back wrong. */
  failed(sequence: number, reason?: LossReason): void {
    this.pending.failed(sequence, reason)
  }

  /** The round trip of the reply that was last 'answered', 'reordered' or 'late'. */
  get lastRoundTripMicros(): number {
    return toMicro(this.pending.lastRoundTripMillis * 1_000)
  }

  #answered(sequence: number): ReplyOutcome {
    this.#totals.received(this.pending.lastRoundTripMillis * 1_000)
    this.#variation.answered(this.pending, sequence)
    if (u32.distance(sequence, this.#next) < 0) return this.#counted('reordered')
    this.#next = u32.advance(sequence, 1)
    return 'answered'
  }

  #counted(outcome: 'reordered' | 'duplicated' | 'malformed'): ReplyOutcome {
    this.#totals.counts[outcome]++
    return outcome
  }
}

/** What is counted of requests and replies, as in the reports. */
interface Counts {
  sent: number
  /** Requests answered in time. */
  received: number
  /** Requests not answered in time; a late reply does not change that. */
  lost: number
  /** Further replies to the same request. */
  duplicated: number
  /** Received, but after the reply to a later request (RFC 4737). */
  reordered: number
  /** Replies that are no replies, or whose content is not what was sent. */
  malformed: number
  /** Requests that were due and not sent, because the client came too late for them. */
  skipped: number
}

/** As `interval` and `end` of the echo clients hold it (@sockyard/protocol/results). */
export interface RoundTripReport extends Counts {
  /** Of the interval, or of the whole run. */
  durationMillis: number
  /** null when nothing was received. */
  rttMicros: MicrosSummary | null
  /** How long after they were due requests went out; null without a schedule to keep. */
  lateMicros: MicrosSummary | null
  /** IPDV (RFC 3393): how much round trips of successive requests differ; null without two of them. */
  ipdvMicros: MicrosSummary | null
  /** RFC 3550, at the end of the interval; null before the second reply. */
  jitterMicros: number | null
}

/** The share of what was due that may be skipped before the rate counts as not kept. */
const TOLERATED_SKIPS = 0.01

/** The sums of a run over all its connections, by interval and in all. */
export class RoundTripTotals {
  readonly counts: Counts = noCounts()
  readonly variation = new DelayVariation()
  readonly #histogram = new IntervalHistogram()
  readonly #lateness = new IntervalHistogram()
  readonly #startedAt: number
  #intervalAt: number
  #before: Counts = noCounts()

  /** @param now milliseconds of `performance.now()`, here and below */
  constructor(now = performance.now()) {
    this.#startedAt = now
    this.#intervalAt = now
  }

  /** A round trip that counts as received. */
  received(rttMicros: number): void {
    this.counts.received++
    this.#histogram.record(rttMicros)
  }

  /** A request went out so long after it was due. */
  late(micros: number): void {
    this.#lateness.record(micros)
  }

  /** Whether the client was fast enough: of what was due it skipped 1 % at most. */
  get keptRate(): boolean {
    const { sent, skipped } = this.counts
    return skipped <= (sent + skipped) * TOLERATED_SKIPS
  }

  /** What came since the last call; the next interval begins. */
  takeInterval(now = performance.now()): RoundTripReport {
    const durationMillis = toMicro(now - this.#intervalAt)
    const counts = difference(this.counts, this.#before)
    this.#intervalAt = now
    this.#before = { ...this.counts }
    return {
      durationMillis,
      ...counts,
      rttMicros: this.#histogram.takeInterval(),
      lateMicros: this.#lateness.takeInterval(),
      ipdvMicros: this.variation.takeInterval(),
      jitterMicros: this.variation.jitterMicros,
    }
  }

  /** Everything since the beginning; what still waits for a reply is neither received nor lost. */
  total(now = performance.now()): RoundTripReport {
    const durationMillis = toMicro(now - this.#startedAt)
    return {
      durationMillis,
      ...this.counts,
      rttMicros: this.#histogram.total(),
      lateMicros: this.#lateness.total(),
      ipdvMicros: this.variation.total(),
      jitterMicros: this.variation.jitterMicros,
    }
  }
}

function noCounts(): Counts {
  return { sent: 0, received: 0, lost: 0, duplicated: 0, reordered: 0, malformed: 0, skipped: 0 }
}

function difference(now: Counts, before: Counts): Counts {
  return {
    sent: now.sent - before.sent,
    received: now.received - before.received,
    lost: now.lost - before.lost,
    duplicated: now.duplicated - before.duplicated,
    reordered: now.reordered - before.reordered,
    malformed: now.malformed - before.malformed,
    skipped: now.skipped - before.skipped,
  }
}
