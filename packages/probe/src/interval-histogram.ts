import { MicrosHistogram, type MicrosSummary } from './histogram.ts'

/** A histogram of the current interval and of the whole run, for the cost of one. */
export class IntervalHistogram {
  readonly #interval = new MicrosHistogram()
  readonly #earlier = new MicrosHistogram()

  /** @param micros microseconds with a fraction, finite */
  record(micros: number): void {
    this.#interval.record(micros)
  }

  /** The summary since the last call (null when nothing was recorded); the next interval begins. */
  takeInterval(): MicrosSummary | null {
    const summary = this.#interval.summary()
    this.#earlier.add(this.#interval)
    this.#interval.reset()
    return summary
  }

  /** The summary since the beginning, the current interval included. */
  total(): MicrosSummary | null {
    const all = new MicrosHistogram()
    all.add(this.#earlier)
    all.add(this.#interval)
    return all.summary()
  }
}
