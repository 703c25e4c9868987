import { UsageError } from '@sockyard/cli/errors'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { idleLadder } from '../checks/tcp/idle.ts'
import type { HostOptions } from '../config.ts'
import { USUAL_PACE } from '../run/check.ts'
import { createRunReport } from './run-report.ts'
import { parseOperand, surveyTarget } from './targets.ts'

type Context = CommandContext<HostOptions>

const LONG_IDLE_MILLIS = 600_000

/**
 * Surveys the way to each host, by the services there. An interrupt ends it with the report so far.
 *
 * @returns 0 when nothing failed, 1 otherwise
 * @throws {UsageError} without a host
 */
export async function runHost({ options, operands, signal, stdout }: Context): Promise<number> {
  if (operands.length === 0)
    throw new UsageError('HOST', undefined, 'is missing', 'missing argument HOST[:PORT]')
  const targets = operands.map((operand) => parseOperand(operand))
  const { profile, wait: waitMillis } = options
  const report = createRunReport(stdout, options.json)
  report.start({ profile, hosts: [...operands], waitMillis })
  const how = { profile, waitMillis, idleMillis: idlePeriods(options), pace: USUAL_PACE }
  try {
    for (const target of targets)
      await surveyTarget(target, { ...how, signal, onResult: report.sample })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return report.end(signal.aborted)
}

/** @returns milliseconds; none for a profile that leaves no connection idle */
export function idlePeriods({ profile, idle }: Pick<HostOptions, 'profile' | 'idle'>): number[] {
  const longest = idle ?? (profile === 'long' ? LONG_IDLE_MILLIS : undefined)
  return longest === undefined ? [] : idleLadder(longest)
}
