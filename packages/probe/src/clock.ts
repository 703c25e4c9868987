import { setTimeout as delay } from 'node:timers/promises'

/** Time as the pacing needs it, so that a test can run an hour of it in a moment. */
export interface Clock {
  /** Milliseconds with a fraction since some moment; never goes back. */
  now(): number
  /** Resolves after `millis` (0: after pending input has been handled), or at once when aborted. */
  sleep(millis: number, signal?: AbortSignal): Promise<void>
}

export const monotonicClock: Clock = {
  now: () => performance.now(),
  sleep: (millis, signal) =>
    millis > 0
      ? delay(millis, undefined, { signal }).catch(() => {})
      : new Promise((resolve) => {
          setImmediate(resolve)
        }),
}
