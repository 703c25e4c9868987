/** Notices when a process that was started for some work only has none any more. */
export class IdleExitTimer {
  /** Fulfilled after so long without work. */
  readonly finished: Promise<void>
  readonly #finish: () => void
  readonly #idleMillis: number | undefined
  #timer: NodeJS.Timeout | undefined
  #underWay = 0

  /** @param idleMillis undefined: it stays, whether there is work or not */
  constructor(idleMillis: number | undefined) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.finished = promise
    this.#finish = resolve
    this.#idleMillis = idleMillis
  }

  /** Some work begins: a connection. Each `begin` has its `end`. */
  begin(): void {
    this.#underWay += 1
    clearTimeout(this.#timer)
  }

  end(): void {
    this.#underWay -= 1
    this.arm()
  }

  /** Some work was done at once: a datagram. */
  touch(): void {
    this.#timer?.refresh()
  }

  /** Counts from now on, unless there is work under way. */
  arm(): void {
    if (this.#idleMillis === undefined || this.#underWay > 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#finish, this.#idleMillis)
  }

  disarm(): void {
    clearTimeout(this.#timer)
  }
}
