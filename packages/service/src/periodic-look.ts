/** Looks again and again, one look after the other, until it is stopped. */
export class PeriodicLook {
  readonly #periodMillis: number
  readonly #look: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #running = Promise.resolve()
  #isStopped = false

  /** @param periodMillis from the end of a look to the beginning of the next */
  constructor(periodMillis: number, look: () => Promise<void>) {
    this.#periodMillis = periodMillis
    this.#look = look
  }

  /** A look that is under way when it is stopped should come to its end soon. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  start(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#running = this.#look().then(() => this.start())
    }, this.#periodMillis)
  }

  /** Fulfilled when the look that is under way is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
    clearTimeout(this.#timer)
  }
}
