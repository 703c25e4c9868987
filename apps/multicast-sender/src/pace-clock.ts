import type { Clock } from '@sockyard/probe/clock'

/** Several datagrams that are due within this go out together. */
const SHORTEST_SLEEP_MILLIS = 0.5

/** A clock that wakes at most every 0.5 ms: at high rates each wake-up is good for some datagrams. */
export function paceClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    sleep: (millis, signal) =>
      clock.sleep(millis > 0 ? Math.max(millis, SHORTEST_SLEEP_MILLIS) : 0, signal),
  }
}
