import { parseTarget, type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import { askRepeatedly } from '@sockyard/probe/time'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DAYTIME_PORT, type QueryOptions, TIME_PORT } from '../config.ts'
import { type Answer, askTcp, askUdp } from './ask.ts'
import { pauseToTick } from './clock-range.ts'
import { QueryReport } from './query-report.ts'

/** Asks one server a few times. @returns the exit code: 0 when at least one answer could be read */
export async function query(context: CommandContext<QueryOptions>): Promise<number> {
  const { options, operands, signal } = context
  const defaultPort = options.time ? TIME_PORT : DAYTIME_PORT
  const report = new QueryReport(context)
  try {
    const how = { defaultPort, family: ipFamily(options), signal }
    const addresses = await resolveTarget(operands[0] ?? '', how)
    await using admin =
      options.count === 0 ? await context.openAdmin(report.totals.measured) : undefined
    report.totals.admin = admin
    report.start(parseTarget(operands[0] ?? '', defaultPort).host, addresses[0])
    await askRepeatedly(addresses, {
      ...options,
      signal,
      ask: (target, stop) => askOnce(context, target, stop),
      isAnswer: (result) => !(result instanceof NetworkError),
      take: (result, sequence) => {
        if (result instanceof NetworkError) report.unanswered(sequence, result)
        else report.answered(sequence, result)
        return pauseToTick(report.range, options.interval, context.now())
      },
    })
    return report.end()
  } catch (error) {
    // Stopped while the name was still being resolved: nothing was measured, and nothing failed.
    if (signal.aborted) return 0
    if (error instanceof NetworkError) report.failed(error)
    throw error
  }
}

/** Gives why there was no answer, too. */
async function askOnce(
  { options, now }: CommandContext<QueryOptions>,
  target: ResolvedAddress,
  stop: AbortSignal,
): Promise<Answer | NetworkError> {
  const ask = options.udp ? askUdp : askTcp
  const askedAt = now()
  try {
    const bytes = await ask(target, AbortSignal.any([stop, AbortSignal.timeout(options.wait)]))
    return { bytes, askedAt, answeredAt: now() }
  } catch (error) {
    if (error instanceof NetworkError) return error
    throw error
  }
}
