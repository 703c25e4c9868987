import type { Clock } from './clock.ts'

/** A clock that only sleeping moves, and that wakes late by what the test says. */
export class VirtualClock implements Clock {
  #now: number
  readonly #lateness: () => number

  constructor(start = 0, lateness: () => number = () => 0) {
    this.#now = start
    this.#lateness = lateness
  }

  now(): number {
    return this.#now
  }

  sleep(millis: number, signal?: AbortSignal): Promise<void> {
    if (!signal?.aborted) this.#now += millis + this.#lateness()
    return Promise.resolve()
  }

  /** Time passes while the process does something else. */
  stall(millis: number): void {
    this.#now += millis
  }
}
