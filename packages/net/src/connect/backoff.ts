const FIRST_MILLIS = 100
const LONGEST_MILLIS = 5000

/** How long to wait before connecting again: twice as long each time, up to 5 s. */
export class Backoff {
  #attempt = 0

  /** Milliseconds until the next attempt. */
  next(): number {
    const millis = Math.min(LONGEST_MILLIS, FIRST_MILLIS * 2 ** this.#attempt)
    this.#attempt += 1
    return millis
  }

  /** A connection is over. One that was closed soon does not count: its peer may do so again and again. */
  lasted(millis: number): void {
    if (millis > LONGEST_MILLIS) this.#attempt = 0
  }
}
