/**
 * Interarrival jitter (RFC 3550 section 6.4.1): how much the spacing of arrivals differs from the
 * spacing of sends, smoothed: J += (|D| - J) / 16. The two clocks need not agree.
 */
export class Jitter {
  #micros = 0
  #lastTransit: number | undefined

  /**
   * @param transitMicros arrival minus send time, by whatever clocks; packets in order of arrival.
   *   Feed no duplicates.
   */
  record(transitMicros: number): void {
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
    return Math.round(this.#micros * 1_000) / 1_000
  }
}
