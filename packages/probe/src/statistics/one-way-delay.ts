import { type Figures, IntervalHistogram, type MicrosSummary, toMicro } from './histogram.ts'

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

  /** The summary of all of it, microseconds; null before the first packet. */
  total(): MicrosSummary | null {
    return this.#histogram.total()
  }

  /** Interarrival jitter (RFC 3550 section 6.4.1), microseconds. */
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

/**
 * Interarrival jitter (RFC 3550 section 6.4.1): how much the spacing of arrivals differs from the
 * spacing of sends, smoothed: J += (|D| - J) / 16. The two clocks need not agree.
 */
export class Jitter {
  /** Packets recorded. */
  count = 0
  #micros = 0
  #lastTransit: number | undefined

  /**
   * @param transitMicros arrival minus send time, by whatever clocks; packets in order of arrival.
   *   Feed no duplicates.
   */
  record(transitMicros: number): void {
    this.count++
    const difference = Math.abs(transitMicros - (this.#lastTransit ?? transitMicros))
    this.#micros += (difference - this.#micros) / 16
    this.#lastTransit = transitMicros
  }

  /** After the sender began anew, its transit times say nothing about those before. */
  restart(): void {
    this.#lastTransit = undefined
  }

  /** The estimate now, in microseconds. */
  get micros(): number {
    return toMicro(this.#micros)
  }
}
