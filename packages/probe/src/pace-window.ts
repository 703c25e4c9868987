import { monotonicClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { Outstanding } from './outstanding.ts'
import { type PaceResult, type RunLimits, whyEnded } from './pacer.ts'
import { lookAfter } from './settle.ts'

export interface WindowOptions extends RunLimits {
  /** How many may wait for their reply at once, 1 or more. */
  window: number
  /** Knows what waits; `send` and the reader of replies tell it. Its timeout frees places too. */
  outstanding: Outstanding
  /** The real time unless told; a test has its own. */
  clock?: Clock
}

/**
 * Calls `send` as fast as replies come: at most `window` wait at any time, and each reply (or loss)
 * makes room for the next request, at once. `send` has to call `outstanding.sent`.
 *
 * Resolves after the last send; replies may still be on their way then (see `settle`).
 *
 * @param send gets 0, 1, 2 …
 * @example
 * await paceWindow({ window: 64, outstanding, count, signal }, (sequence) => {
 *   outstanding.sent(sequence, performance.now())
 *   socket.send(probe(sequence))
 * })
 */
export async function paceWindow(
  options: WindowOptions,
  send: (sequence: number) => void,
): Promise<PaceResult> {
  const { window, outstanding, clock = monotonicClock, signal } = options
  const start = clock.now()
  let sent = 0
  let filling = false
  const ended = (): PaceResult['ended'] | undefined => whyEnded(options, sent, clock.now() - start)

  const fill = (): void => {
    // A send that fails at once makes room while the room is being filled.
    if (filling) return
    filling = true
    for (let room = window - outstanding.waiting; room > 0 && ended() === undefined; room--) {
      send(sent++)
    }
    filling = false
  }

  await lookAfter(outstanding, {
    signal,
    clock,
    done: () => {
      fill()
      return ended() !== undefined
    },
  })
  return { sent, skipped: 0, ended: ended() ?? 'aborted' }
}
