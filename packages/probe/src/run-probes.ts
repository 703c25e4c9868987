import type { Outstanding } from './outstanding.ts'
import { paceWindow } from './pace-window.ts'
import { pace } from './pacer.ts'
import { probeInterval } from './probe-interval.ts'
import { settle } from './settle.ts'

/** What is under way when the sending is stopped may still be answered for so long. */
const LAST_REPLIES_MILLIS = 1_000

/** When the probes of a client go out, in the words of its options. */
export interface ProbePlan {
  /** Without it, until `signal` aborts. */
  count?: number | undefined
  /** Milliseconds from one to the next. */
  interval: number
  /** So many a second, instead of an interval. */
  rate?: number | undefined
  /** As fast as answers come, with so many unanswered, instead of both. */
  window?: number | undefined
}

/**
 * Sends all probes, and waits until each was answered or is lost. What still waits a second after `signal` has
 * ended the sending stays as it is.
 *
 * @param outstanding is told by `send` and by the reader of replies
 * @param send gets 0, 1, 2 …
 */
export async function runProbes(
  plan: ProbePlan,
  outstanding: Outstanding,
  signal: AbortSignal,
  send: (number: number) => void,
): Promise<void> {
  const { count, window } = plan
  if (window === undefined) await pace({ count, signal, intervalMillis: probeInterval(plan) }, send)
  else await paceWindow({ count, signal, window, outstanding }, send)
  await settle(outstanding, signal)
  if (signal.aborted) await settle(outstanding, AbortSignal.timeout(LAST_REPLIES_MILLIS))
}
