import { setTimeout as delay } from 'node:timers/promises'

import { nativeCallsWork } from '@sockyard/posix/ffi'
import { TimerDescriptor, whenReadable } from '@sockyard/posix/poll'

/** Time as the pacing needs it, so that a test can run an hour of it in a moment. */
export interface Clock {
  /** Milliseconds with a fraction since some moment; never goes back. */
  now(): number
  /** Resolves after `millis` (0: after pending input has been handled), or at once when aborted. */
  sleep(millis: number, signal?: AbortSignal): Promise<void>
}

/** The clock of `performance.now()`, milliseconds; it never jumps. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  sleep: (millis, signal) =>
    millis > 0
      ? onTime(
          millis,
          delay(millis, undefined, { signal }).catch(() => {}),
        )
      : new Promise((resolve) => {
          setImmediate(resolve)
        }),
}

/** Woken so late the process was stopped (SIGSTOP, a debugger), or had no processor. */
const HELD_UP_MILLIS = 50
/** Time enough to read what came in meanwhile, before it is taken for missing. */
const READING_MILLIS = 20

/** Waits for a sleep of so many milliseconds; after one that took much longer, pending input is handled first. */
async function onTime(millis: number, sleep: Promise<void>): Promise<void> {
  const due = performance.now() + millis
  await sleep
  if (performance.now() - due > HELD_UP_MILLIS) await delay(READING_MILLIS)
}

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
    const sleep = new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      signal?.addEventListener('abort', wake, { once: true })
      this.#wake = wake
      this.#timer.set(Math.max(millis, SHORTEST_SLEEP_MILLIS))
    })
    return onTime(millis, sleep)
  }

  [Symbol.dispose](): void {
    this.#unwatch()
    this.#timer.close()
  }
}
