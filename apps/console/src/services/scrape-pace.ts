/** How often a service is asked for its metrics and peers while the console is looked at. */
const WATCHED_MILLIS = 1_000
/** And otherwise: being asked is most of the work of an idle service. */
const UNWATCHED_MILLIS = 10_000
/** A client that asks again and again, without a stream, looks for so long after each request. */
const LOOK_MILLIS = 10_000

/** When services are asked next: soon while the console is in use. */
export class ScrapePace {
  readonly #hasStreams: () => boolean
  readonly #waiting = new Set<() => void>()
  #lookedAt = -Infinity

  /** @param hasStreams whether a page follows what changes */
  constructor(hasStreams: () => boolean) {
    this.#hasStreams = hasStreams
  }

  /** The console was asked for something: the next scrape of each service is due now, if it was not soon anyway. */
  looked(): void {
    const wasWatched = this.#isWatched()
    this.#lookedAt = performance.now()
    if (!wasWatched) for (const end of this.#waiting) end()
  }

  /** Resolves when the next scrape is due. @param beganAt when the last one began, as `performance.now()` has it */
  next(beganAt: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const period = this.#isWatched() ? WATCHED_MILLIS : UNWATCHED_MILLIS
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, Math.max(0, beganAt + period - performance.now()))
      this.#waiting.add(end)
      signal.addEventListener('abort', end)
      if (signal.aborted) end()
    })
  }

  #isWatched(): boolean {
    return this.#hasStreams() || performance.now() - this.#lookedAt < LOOK_MILLIS
  }
}
