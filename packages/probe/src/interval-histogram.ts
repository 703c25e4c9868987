import { type Figures, MicrosHistogram, type MicrosSummary } from './histogram.ts'

/** A histogram of the current interval and of the whole run, for the cost of one. */
export class IntervalHistogram {
  readonly #interval: MicrosHistogram
  readonly #earlier: MicrosHistogram
  /** Both together, kept because a new one for each question would pile up until it is collected. */
  readonly #whole: MicrosHistogram

  constructor(figures: Figures = 3) {
    this.#interval = new MicrosHistogram(figures)
    this.#earlier = new MicrosHistogram(figures)
    this.#whole = new MicrosHistogram(figures)
  }

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
    this.#whole.reset()
    this.#whole.add(this.#earlier)
    this.#whole.add(this.#interval)
    return this.#whole.summary()
  }

  /** Forgets all values, of earlier intervals too. */
  reset(): void {
    this.#interval.reset()
    this.#earlier.reset()
  }
}
