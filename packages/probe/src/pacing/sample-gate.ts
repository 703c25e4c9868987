/** More lines a second than a person can read. */
const SAMPLES_PER_SECOND = 20

/**
 * Keeps a report readable, and bounded, however much there is to tell: each event while there are few,
 * else one summary a second.
 *
 * @example
 * if (gate.admits()) reporter.sample(data)
 * setInterval(() => {
 *   if (gate.endSecond()) reporter.interval(counts())
 * }, 1000)
 */
export class SampleGate {
  readonly #perSecond: number
  #events = 0
  #withheld = 0
  #busy: boolean

  /** @param perSecond how many events may be told one by one; 0: none, ever */
  constructor(perSecond: number = SAMPLES_PER_SECOND) {
    this.#perSecond = perSecond
    this.#busy = perSecond === 0
  }

  /** Whether the event that happens now is told by itself. */
  admits(): boolean {
    this.#events++
    if (!this.#busy && this.#events <= this.#perSecond) return true
    this.#withheld++
    return false
  }

  /**
   * Once a second: whether events were withheld, so that a summary is due. After such a second none is told by
   * itself until a second is quiet again.
   */
  endSecond(): boolean {
    const due = this.#withheld > 0
    this.#busy = this.#events > this.#perSecond || this.#perSecond === 0
    this.#events = 0
    this.#withheld = 0
    return due
  }
}
