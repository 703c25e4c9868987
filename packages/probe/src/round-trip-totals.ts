import type { MicrosSummary } from './histogram.ts'
import { IntervalHistogram } from './interval-histogram.ts'
import { toMicro } from './to-micro.ts'

/** What is counted of requests and replies, as in the reports. */
interface Tallies {
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
export interface RoundTripReport extends Tallies {
  /** Of the interval, or of the whole run. */
  durationMillis: number
  /** null when nothing was received. */
  rttMicros: MicrosSummary | null
  /** How long after they were due requests went out; null without a schedule to keep. */
  lateMicros: MicrosSummary | null
}

/** The share of what was due that may be skipped before the rate counts as not kept. */
const TOLERATED_SKIPS = 0.01

/** The sums of a run over all its connections, by interval and in all. */
export class RoundTripTotals {
  readonly tallies: Tallies = noTallies()
  readonly #histogram = new IntervalHistogram()
  readonly #lateness = new IntervalHistogram()
  readonly #startedAt: number
  #intervalAt: number
  #before: Tallies = noTallies()

  /** @param now milliseconds of `performance.now()`, here and below */
  constructor(now = performance.now()) {
    this.#startedAt = now
    this.#intervalAt = now
  }

  /** A round trip that counts as received. */
  received(rttMicros: number): void {
    this.tallies.received++
    this.#histogram.record(rttMicros)
  }

  /** A request went out so long after it was due. */
  late(micros: number): void {
    this.#lateness.record(micros)
  }

  /** Whether the client was fast enough: of what was due it skipped 1 % at most. */
  get keptRate(): boolean {
    const { sent, skipped } = this.tallies
    return skipped <= (sent + skipped) * TOLERATED_SKIPS
  }

  /** What came since the last call; the next interval begins. */
  takeInterval(now = performance.now()): RoundTripReport {
    const durationMillis = toMicro(now - this.#intervalAt)
    const tallies = difference(this.tallies, this.#before)
    this.#intervalAt = now
    this.#before = { ...this.tallies }
    const rttMicros = this.#histogram.takeInterval()
    return { durationMillis, ...tallies, rttMicros, lateMicros: this.#lateness.takeInterval() }
  }

  /** Everything since the beginning; what still waits for a reply is neither received nor lost. */
  total(now = performance.now()): RoundTripReport {
    const durationMillis = toMicro(now - this.#startedAt)
    const rttMicros = this.#histogram.total()
    return { durationMillis, ...this.tallies, rttMicros, lateMicros: this.#lateness.total() }
  }
}

function noTallies(): Tallies {
  return { sent: 0, received: 0, lost: 0, duplicated: 0, reordered: 0, malformed: 0, skipped: 0 }
}

function difference(now: Tallies, before: Tallies): Tallies {
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
