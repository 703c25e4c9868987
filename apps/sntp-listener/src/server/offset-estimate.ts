import { broadcastOffset } from '@sockyard/protocol/ntp'

import type { Measurement, Reading } from '../exchange/reading.ts'

interface Arrival {
  /** Transmit timestamp minus arrival: the offset without the delay. */
  readonly apparent: bigint
  readonly receivedAt: bigint
}

/** As many as the clock filter of RFC 5905 keeps (section 10). */
const WINDOW = 8
/** PHI: two clocks part by 15 ppm at most (RFC 5905, section 11.1). */
const DRIFT_PARTS = 15n
const MILLION = 1_000_000n
/**
 * Two clocks are assumed not to drift apart within this time. A delayed broadcast and a clock that slowed down look the
 * same; to allow for drift at once would hide 0.06 ms of a delay in each interval of 4 s.
 */
const TOGETHER_NANOS = 32_000_000_000n

/** The broadcasts that an exchange is compared with: the clocks part by 0.24 ms at most meanwhile. */
const RECENT_NANOS = 16_000_000_000n
/** Of fewer broadcasts, one that was held up would count too much: then it is half of the exchange. */
const TYPICAL = 3
/** The median of so many exchanges counts: each of them may have been held up on one of its ways. */
const EXCHANGES = 5

/**
 * The offset of one source from its broadcasts (RFC 5905, section 8, mode 5). How long a broadcast takes is found
 * as RFC 5905 has it: an exchange tells the offset, and what the quickest broadcast of the same moments lacks of it is
 * their delay. One that came later than others of late is uncertain by as much.
 */
export class OffsetEstimate {
  readonly #maximumStep: bigint
  #delay: bigint
  /** How far off the delay may be: half of the exchange, and what broadcasts and exchanges differ. */
  #error: bigint
  #isMeasured = false
  /** Of the last broadcast: how much later it came than others, and its precision. */
  #late = 0n
  #arrivals: Arrival[] = []
  /** The delays that the last exchanges found. */
  #founds: bigint[] = []

  /**
   * @param assumedDelay nanoseconds one way, until an exchange has measured it
   * @param maximumStep nanoseconds: broadcasts and an exchange that differ by more were not of one moment
   */
  constructor(assumedDelay: bigint, maximumStep: bigint) {
    this.#maximumStep = maximumStep
    this.#delay = assumedDelay
    this.#error = assumedDelay
  }

  /** One way; null when it is assumed. */
  get measuredDelay(): bigint | null {
    return this.#isMeasured ? this.#delay : null
  }

  /**
   * A broadcast came.
   *
   * @param precision the grain of the sender's clock in nanoseconds
   */
  add(transmitAt: bigint, receivedAt: bigint, precision: bigint): Measurement {
    const apparent = transmitAt - receivedAt
    this.#late = this.#lateness(apparent, receivedAt) + precision
    this.#arrivals = [...this.#arrivals.slice(1 - WINDOW), { apparent, receivedAt }]
    return this.last(transmitAt, receivedAt)
  }

  /** The broadcast that came last, by what is known now. */
  last(transmitAt: bigint, receivedAt: bigint): Measurement {
    return {
      offsetNanos: broadcastOffset({ transmitAt, receivedAt, delayNanos: this.#delay }),
      uncertaintyNanos: this.#error + this.#late,
    }
  }

  /** An exchange with the source ended just now, soon after the last broadcast. */
  calibrate({ offsetNanos, uncertaintyNanos, delayNanos }: Reading): void {
    // None can have come before it was sent: these were forged.
    this.#arrivals = this.#arrivals.filter(
      ({ apparent }) => apparent - offsetNanos <= uncertaintyNanos,
    )
    const recent = this.#recentApparents()
    if (recent.length === 0) return
    const quickest = recent.reduce((best, apparent) => (apparent > best ? apparent : best))
    const half = delayNanos / 2n
    const found = offsetNanos - quickest
    // The clock stepped meanwhile.
    if (absolute(found - half) > this.#maximumStep) return
    if (recent.length >= TYPICAL) this.#founds = [...this.#founds.slice(1 - EXCHANGES), found]
    this.#delay = medianOf(this.#founds) ?? half
    this.#error = half + absolute(found - half) + absolute(found - this.#delay)
    this.#isMeasured = true
  }

  /** The source's clock stepped: what came before says nothing any more. */
  restart(): void {
    this.#arrivals = []
  }

  /** How much later than the earliest of the last ones, with what the clocks may have drifted since. */
  #lateness(apparent: bigint, receivedAt: bigint): bigint {
    return this.#arrivals.reduce((latest, arrival) => {
      const apart = receivedAt - arrival.receivedAt - TOGETHER_NANOS
      const drift = apart > 0n ? (apart * DRIFT_PARTS) / MILLION : 0n
      const late = arrival.apparent - drift - apparent
      return late > latest ? late : latest
    }, 0n)
  }

  /** Of the last few broadcasts. */
  #recentApparents(): bigint[] {
    const newest = this.#arrivals.at(-1)?.receivedAt ?? 0n
    return this.#arrivals
      .filter(({ receivedAt }) => newest - receivedAt <= RECENT_NANOS)
      .map(({ apparent }) => apparent)
  }
}

function medianOf(values: readonly bigint[]): bigint | undefined {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : 1))
  return sorted[Math.floor(sorted.length / 2)]
}

function absolute(nanos: bigint): bigint {
  return nanos < 0n ? -nanos : nanos
}
