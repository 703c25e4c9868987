/** The longest that a timer can wait; setTimeout takes more for nothing at all. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/** Ends a run: when the user wants it, when `deadlineMillis` is over, or by `stop`. */
export function runSignal(
  user: AbortSignal,
  deadlineMillis = LONGEST_TIMER_MILLIS,
): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController()
  const deadline = AbortSignal.timeout(Math.min(deadlineMillis, LONGEST_TIMER_MILLIS))
  return {
    signal: AbortSignal.any([user, deadline, controller.signal]),
    stop: () => controller.abort(),
  }
}
