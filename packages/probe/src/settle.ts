import { type Clock, monotonicClock } from './clock.ts'
import type { Outstanding } from './outstanding.ts'

/** How often the oldest request is looked at, so that a loss is told soon after it is one. */
const LOOK_EVERY_MILLIS = 20

/**
 * Waits until every request was answered or is lost: at most the table's `timeoutMillis` after the
 * last send. Those still waiting when `signal` aborts stay as they are.
 */
export async function settle(
  outstanding: Outstanding,
  signal?: AbortSignal,
  clock: Clock = monotonicClock,
): Promise<void> {
  await lookAfter(outstanding, { signal, clock, done: () => outstanding.waiting === 0 })
}

interface LookOptions {
  signal: AbortSignal | undefined
  clock: Clock
  /** Asked whenever a request was answered or lost. */
  done: () => boolean
}

/** Declares overdue requests lost until `done` says so or `signal` aborts; then returns at once. */
export async function lookAfter(outstanding: Outstanding, options: LookOptions): Promise<void> {
  const { signal, clock, done } = options
  const wake = new AbortController()
  const either = signal === undefined ? wake.signal : AbortSignal.any([wake.signal, signal])
  const look = (): void => {
    if (done()) wake.abort()
  }
  outstanding.onSettled = look
  look()
  while (!either.aborted) {
    await clock.sleep(LOOK_EVERY_MILLIS, either)
    outstanding.expire(clock.now())
    look()
  }
  outstanding.onSettled = () => {}
}
