/** Polls again and again, one poll after the other, until it is stopped. */
export class Poller {
  readonly #periodMillis: number
  readonly #poll: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #running = Promise.resolve()
  #isStopped = false

  /** @param periodMillis from the end of a poll to the beginning of the next */
  constructor(periodMillis: number, poll: () => Promise<void>) {
    this.#periodMillis = periodMillis
    this.#poll = poll
  }

  /** A poll that is under way when it is stopped should come to its end soon. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  start(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#running = this.#poll().then(() => this.start())
    }, this.#periodMillis)
  }

  /** Fulfilled when the poll that is under way is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
    clearTimeout(this.#timer)
  }
}
