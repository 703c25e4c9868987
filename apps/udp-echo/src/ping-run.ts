import { paceWindow } from '@sockyard/probe/pace-window'
import { pace } from '@sockyard/probe/pacer'
import { settle } from '@sockyard/probe/settle'

import type { PingOptions } from './config.ts'
import { intervalOf } from './ping-report.ts'
import type { Pinger } from './pinger.ts'

/** What is under way when the run is stopped or its deadline comes may still arrive for so long. */
const LAST_REPLIES_MILLIS = 1000
/** The longest that a timer can wait. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/**
 * Sends all probes and waits until each was answered or is lost.
 *
 * @param stop ends the sending; what then still waits is neither answered nor lost
 */
export async function pingAll(
  pinger: Pinger,
  options: PingOptions,
  stop: AbortSignal,
): Promise<void> {
  const { deadline = LONGEST_TIMER_MILLIS } = options
  const over = AbortSignal.timeout(Math.min(deadline, LONGEST_TIMER_MILLIS))
  const signal = AbortSignal.any([stop, over])
  const { outstanding } = pinger.trips
  await sendAll(pinger, options, signal)
  await settle(outstanding, signal)
  if (signal.aborted) await settle(outstanding, AbortSignal.timeout(LAST_REPLIES_MILLIS))
  if (!stop.aborted) outstanding.expire(Number.POSITIVE_INFINITY)
}

async function sendAll(pinger: Pinger, options: PingOptions, signal: AbortSignal): Promise<void> {
  const { count, window } = options
  const send = (number: number): void => pinger.send(number)
  if (window === undefined) {
    await pace({ count, signal, intervalMillis: intervalOf(options) }, send)
  } else {
    await paceWindow({ count, signal, window, outstanding: pinger.trips.outstanding }, send)
  }
}
