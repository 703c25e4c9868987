/** Ends a run: when the user wants it, when `deadlineMillis` is over, or by `stop`. */
export function runSignal(
  user: AbortSignal,
  deadlineMillis?: number,
): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController()
  const signals = [user, controller.signal]
  if (deadlineMillis !== undefined) signals.push(AbortSignal.timeout(deadlineMillis))
  return { signal: AbortSignal.any(signals), stop: () => controller.abort() }
}
