import type { ProtocolParameters } from '../association/protocol-parameters.ts'

const ALPHA = 1 / 8
const BETA = 1 / 4

/** A path's retransmission timeout, from measured round trips (RFC 9260 section 6.3.1). */
export class RtoEstimate {
  /** The timeout in force, milliseconds. */
  rto: number
  /** Smoothed round trip, milliseconds; undefined before the first measurement. */
  smoothed: number | undefined
  #variation = 0
  readonly #parameters: ProtocolParameters

  constructor(parameters: ProtocolParameters) {
    this.#parameters = parameters
    this.rto = parameters.rtoInitialMillis
  }

  /** Takes a round trip of `millis`: rules C2, C3, C6 and C7; a new measurement ends the back-off. */
  measured(millis: number): void {
    if (this.smoothed === undefined) {
      this.smoothed = millis
      this.#variation = millis / 2
    } else {
      this.#variation += BETA * (Math.abs(this.smoothed - millis) - this.#variation)
      this.smoothed += ALPHA * (millis - this.smoothed)
    }
    const { rtoMinimumMillis, rtoMaximumMillis } = this.#parameters
    const rto = this.smoothed + 4 * this.#variation
    this.rto = Math.min(Math.max(rto, rtoMinimumMillis), rtoMaximumMillis)
  }

  /** Doubles the timeout after it ran out (rule E2). */
  backOff(): void {
    this.rto = Math.min(this.rto * 2, this.#parameters.rtoMaximumMillis)
  }
}
