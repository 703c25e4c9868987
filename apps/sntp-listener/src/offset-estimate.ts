import { broadcastOffset } from '@sockyard/protocol/ntp'

import type { Reading } from './reading.ts'

/** An offset and how far it may be wrong, either way; nanoseconds. */
export interface Measurement {
  readonly offsetNanos: bigint
  readonly uncertaintyNanos: bigint
}

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
 * The offset of one source from its broadcasts (RFC 5905, section 8, mode 5). A broadcast can come late but
 * never early, so one that was later than others of late is uncertain by as much; and where an exchange and a
 * broadcast of the same moment disagreed, all are uncertain by that.
 */
export class OffsetEstimate {
  readonly #assumedDelay: bigint
  #measuredDelay: bigint | null = null
  #disagreement = 0n
  #arrivals: Arrival[] = []

  /** @param assumedDelay nanoseconds one way, until an exchange has measured it */
  constructor(assumedDelay: bigint) {
    this.#assumedDelay = assumedDelay
  }

  /** One way, half of the exchange with the least delay; null when it is assumed. */
  get measuredDelay(): bigint | null {
    return this.#measuredDelay
  }

  /**
   * A broadcast came.
   *
   * @param precision the grain of the sender's clock in nanoseconds
   */
  add(transmitAt: bigint, receivedAt: bigint, precision: bigint): Measurement {
    const apparent = transmitAt - receivedAt
    const late = this.#lateness(apparent, receivedAt)
    this.#arrivals = [...this.#arrivals.slice(1 - WINDOW), { apparent, receivedAt }]
    const delayNanos = this.#measuredDelay ?? this.#assumedDelay
    return {
      offsetNanos: broadcastOffset({ transmitAt, receivedAt, delayNanos }),
      uncertaintyNanos: delayNanos + this.#disagreement + late + precision,
    }
  }

  /** An exchange with the source ended just now, soon after the last broadcast. */
  calibrate({ offsetNanos, delayNanos }: Reading): void {
    const delay = delayNanos / 2n
    this.#measuredDelay = delay
    const last = this.#arrivals.at(-1)
    if (last !== undefined) this.#disagreement = absolute(last.apparent + delay - offsetNanos)
  }

  /** The source's clock stepped: what came before says nothing any more. */
  restart(): void {
    this.#arrivals = []
  }

  /** How much later than the earliest of the last ones, with what the clocks may have drifted since. */
  #lateness(apparent: bigint, receivedAt: bigint): bigint {
    return this.#arrivals.reduce((latest, arrival) => {
      const drift = ((receivedAt - arrival.receivedAt) * DRIFT_PARTS) / MILLION
      const late = arrival.apparent - drift - apparent
      return late > latest ? late : latest
    }, 0n)
  }
}

function absolute(nanos: bigint): bigint {
  return nanos < 0n ? -nanos : nanos
}
