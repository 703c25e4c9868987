import { nativeCallsWork } from '@sockyard/posix/libc'
import { TimerDescriptor } from '@sockyard/posix/timer-descriptor'
import { whenReadable } from '@sockyard/posix/when-readable'

import { type Clock, monotonicClock } from './clock.ts'

/** Shorter is not worth a timer: the kernel takes as long to wake us. Several go out at once instead. */
const SHORTEST_SLEEP_MILLIS = 0.05

/**
 * A clock that wakes within microseconds, where the timers of Node's event loop count whole milliseconds; where
 * koffi is absent, as good as those. One sleeper at a time.
 */
export function openPreciseClock(): Clock & Disposable {
  return nativeCallsWork() ? new PreciseClock() : { ...monotonicClock, [Symbol.dispose]: () => {} }
}

class PreciseClock implements Clock, Disposable {
  readonly #timer = new TimerDescriptor()
  readonly #unwatch: () => void
  #wake: () => void = () => {}

  constructor() {
    this.#unwatch = whenReadable(this.#timer.descriptor, () => {
      this.#timer.acknowledge()
      this.#wake()
    })
  }

  now(): number {
    return performance.now()
  }

  sleep(millis: number, signal?: AbortSignal): Promise<void> {
    if (millis <= 0 || signal?.aborted) return monotonicClock.sleep(0)
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      signal?.addEventListener('abort', wake, { once: true })
      this.#wake = wake
      this.#timer.set(Math.max(millis, SHORTEST_SLEEP_MILLIS))
    })
  }

  [Symbol.dispose](): void {
    this.#unwatch()
    this.#timer.close()
  }
}
