import type { Figures, MicrosSummary } from './histogram.ts'
import { IntervalHistogram } from './interval-histogram.ts'
import { Jitter } from './jitter.ts'

/**
 * One-way delay (RFC 7679) and jitter of one stream. A delay is as good as the two clocks agree: on
 * one machine it may be negative by the clock's grain, between machines by anything.
 */
export class OneWayDelay {
  readonly #histogram: IntervalHistogram
  #jitter = new Jitter()

  /** @param figures see MicrosHistogram: 2 where there are many streams */
  constructor(figures: Figures = 3) {
    this.#histogram = new IntervalHistogram(figures)
  }

  /** A packet that was no duplicate arrived so many microseconds after it was sent. */
  record(micros: number): void {
    this.#histogram.record(micros)
    this.#jitter.record(micros)
  }

  /** The summary since the last call, or null; the next interval begins. */
  takeInterval(): MicrosSummary | null {
    return this.#histogram.takeInterval()
  }

  total(): MicrosSummary | null {
    return this.#histogram.total()
  }

  get jitterMicros(): number {
    return this.#jitter.micros
  }

  /** The sender began anew. */
  restart(): void {
    this.#jitter.restart()
  }

  /** For another stream: forgets all, and keeps the memory. */
  reset(): void {
    this.#histogram.reset()
    this.#jitter = new Jitter()
  }
}
