import type { PendingRequests } from '../statistics/pending-requests.ts'
import { type Clock, monotonicClock } from './clock.ts'
import { type PaceResult, type RunLimits, whyEnded } from './pacer.ts'

/** How many requests may be in flight. */
export interface WindowOptions extends RunLimits {
  /** How many may wait for their reply at once, 1 or more. */
  window: number
  /** Knows what waits; `send` and the reader of replies tell it. Its timeout frees places too. */
  pending: PendingRequests
  /** Default: the real time; a test has its own. */
  clock?: Clock
}

/**
 * Calls `send` as fast as replies arrive: at most `window` wait at any time, and each reply (or loss)
 * makes room for the next request, at once. `send` has to call `pending.sent`.
 *
 * Resolves after the last send; replies may still be on their way then (see `settle`).
 *
 * @param send gets 0, 1, 2 …
 * @example
 * await paceWindow({ window: 64, pending, count, signal }, (sequence) => {
 *   pending.sent(sequence, performance.now())
 *   socket.send(probe(sequence))
 * })
 */
export async function paceWindow(
  options: WindowOptions,
  send: (sequence: number) => void,
): Promise<PaceResult> {
  const { window, pending, clock = monotonicClock, signal } = options
  const start = clock.now()
  let sent = 0
  let filling = false
  const ended = (): PaceResult['ended'] | undefined => whyEnded(options, sent, clock.now() - start)

  const fill = (): void => {
    // A send that fails at once makes room while the room is being filled.
    if (filling) return
    filling = true
    for (let room = window - pending.waiting; room > 0 && ended() === undefined; room--) {
      send(sent++)
    }
    filling = false
  }

  await lookAfter(pending, {
    signal,
    clock,
    done: () => {
      fill()
      return ended() !== undefined
    },
  })
  return { sent, skipped: 0, ended: ended() ?? 'aborted' }
}

/** How often the oldest request is looked at, so that a loss is told soon after it is one. */
const LOOK_EVERY_MILLIS = 20

/**
 * Waits until every request was answered or is lost: at most the table's `timeoutMillis` after the
 * last send. Those still waiting when `signal` aborts stay as they are.
 */
export async function settle(
  pending: PendingRequests,
  signal?: AbortSignal,
  clock: Clock = monotonicClock,
): Promise<void> {
  await lookAfter(pending, { signal, clock, done: () => pending.waiting === 0 })
}

interface LookOptions {
  signal: AbortSignal | undefined
  clock: Clock
  /** Asked whenever a request was answered or lost. */
  done: () => boolean
}

/** Declares overdue requests lost until `done` says so or `signal` aborts; then returns at once. */
async function lookAfter(pending: PendingRequests, options: LookOptions): Promise<void> {
  const { signal, clock, done } = options
  const wake = new AbortController()
  const either = signal === undefined ? wake.signal : AbortSignal.any([wake.signal, signal])
  const look = (): void => {
    if (done()) wake.abort()
  }
  pending.onSettled = look
  look()
  while (!either.aborted) {
    await clock.sleep(LOOK_EVERY_MILLIS, either)
    pending.expire(clock.now())
    look()
  }
  pending.onSettled = () => {}
}
