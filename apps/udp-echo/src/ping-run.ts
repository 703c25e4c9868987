import { runProbes } from '@sockyard/probe/run-probes'

import type { PingOptions } from './config.ts'
import type { Pinger } from './pinger.ts'

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
  const { deadline } = options
  const signal =
    deadline === undefined ? stop : AbortSignal.any([stop, AbortSignal.timeout(deadline)])
  const { outstanding } = pinger.trips
  await runProbes(options, [pinger], signal)
  if (!stop.aborted) outstanding.expire(Number.POSITIVE_INFINITY)
}
