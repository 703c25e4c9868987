/** The longest that a timer can wait; setTimeout takes more for nothing at all. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/** Aborts when `signal` does, or when the deadline is over. */
export function withDeadline(
  signal: AbortSignal,
  deadlineMillis = LONGEST_TIMER_MILLIS,
): AbortSignal {
  const deadline = AbortSignal.timeout(Math.min(deadlineMillis, LONGEST_TIMER_MILLIS))
  return AbortSignal.any([signal, deadline])
}
