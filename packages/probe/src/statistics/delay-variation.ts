import { IntervalHistogram, type MicrosSummary, toMicro } from './histogram.ts'
import { Jitter } from './one-way-delay.ts'
import type { PendingRequests } from './pending-requests.ts'

/** How round trips vary from one request to the next. Times are counted from sending, also at a rate. */
export class DelayVariation {
  readonly #differences = new IntervalHistogram()
  readonly #jitters: Jitter[] = []

  /** Of one connection: what follows each other on different ones says nothing about the path. */
  connection(): ConnectionVariation {
    const jitter = new Jitter()
    this.#jitters.push(jitter)
    return new ConnectionVariation(jitter, this.#differences)
  }

  /** IPDV since the last call; null when no two requests in a row were answered. */
  takeInterval(): MicrosSummary | null {
    return this.#differences.takeInterval()
  }

  /** IPDV of the whole run. */
  total(): MicrosSummary | null {
    return this.#differences.total()
  }

  /** RFC 3550, section 6.4.1, the mean of all connections; null when no connection has two answers. */
  get jitterMicros(): number | null {
    const known = this.#jitters.filter(({ count }) => count > 1)
    if (known.length === 0) return null
    return toMicro(known.reduce((sum, { micros }) => sum + micros, 0) / known.length)
  }
}

/** The variation of one connection's round trips. */
class ConnectionVariation {
  readonly #jitter: Jitter
  readonly #differences: IntervalHistogram

  constructor(jitter: Jitter, differences: IntervalHistogram) {
    this.#jitter = jitter
    this.#differences = differences
  }

  /**
   * A request was answered in time. IP packet delay variation (RFC 3393) is the difference to the request before it
   * and the one after it, whichever were answered already, so that it does not depend on the order of answers.
   */
  answered(pending: PendingRequests, sequence: number): void {
    const took = pending.answeredInMillis(sequence)
    if (took === undefined) return
    this.#jitter.record(took * 1_000)
    this.#differ(took, pending.answeredInMillis((sequence - 1) >>> 0))
    this.#differ(took, pending.answeredInMillis((sequence + 1) >>> 0))
  }

  #differ(took: number, other: number | undefined): void {
    if (other !== undefined) this.#differences.record(Math.abs(took - other) * 1_000)
  }
}
