import type { Logger } from '@sockyard/service/log'

/** Lines of one message a second, as `limitLog` has it. */
const LINES = 10
const WINDOW_MILLIS = 1_000

/** A datagram that is not answered. */
export interface Refusal {
  address: string | undefined
  port: number
  bytes: number
  reason: string
}

/**
 * `limitLog` over two threads: the thread that rejects reports the first ten of a second and counts the rest in
 * shared memory, so that a flood costs this one nothing.
 */
export class RefusalLog {
  /** How many were refused since the second began; for the thread. */
  readonly refused = new Int32Array(new SharedArrayBuffer(4))
  readonly #log: Logger
  #timer: NodeJS.Timeout | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  log(refusal: Refusal): void {
    this.#log.info(refusal, 'not answered')
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(this.#endWindow, WINDOW_MILLIS).unref()
  }

  readonly #endWindow = (): void => {
    this.#timer = undefined
    const suppressed = Atomics.exchange(this.refused, 0, 0) - LINES
    if (suppressed > 0) this.#log.info({ suppressed }, 'not answered')
  }
}

/** Counts one more, for the thread. @returns whether it is to be logged */
export function isTold(refused: Int32Array): boolean {
  return Atomics.add(refused, 0, 1) < LINES
}
