import { hostname } from 'node:os'

import { UsageError } from '@sockyard/cli/errors'
import { formatAddress, parseTarget, resolveTarget } from '@sockyard/net/address'
import { isMulticast } from '@sockyard/protocol/multicast'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { type DoctorOptions, STAMP_PORT } from '../config.ts'
import { junitReport } from '../report/junit.ts'
import { writeReport } from '../report/write-report.ts'
import { fromDoctor } from '../run/check.ts'
import { createReport, type Report } from './report.ts'
import { judgeUnicast, type UnicastFacts } from './unicast-verdict.ts'
import type { Verdict } from './verdict.ts'

type Context = CommandContext<DoctorOptions>

const MULTICAST_PORT = 4321
const CHECKS = 'host, multicast, udp, tcp or stamp'

/**
 * Looks for the reason why nothing arrives, and reports it with what was seen.
 *
 * @returns 0 when all is well, 1 when something is broken
 * @throws {UsageError} for a question that cannot be asked, or a file that cannot be written
 * @throws {NetworkError} when the name has no address, or no interface fits
 */
export async function runDoctor(context: Context): Promise<number> {
  const [check, asked] = context.operands
  if (check === undefined) throw missing('WHAT', CHECKS)
  const target = asked ?? (check === 'host' ? hostname() : undefined)
  if (target === undefined) throw missing('TARGET', 'GROUP[:PORT] or HOST:PORT')
  const { wait: waitMillis, json, junit } = context.options
  const report = createReport(context.stdout, json)
  const examine = EXAMINATIONS[check]
  if (examine === undefined) throw new UsageError('WHAT', check, `must be ${CHECKS}`)
  const verdicts: Verdict[] = []
  await examine(context, target, {
    start: (shown) => report.start({ check: check as 'multicast', target: shown, waitMillis }),
    found(verdict, facts) {
      verdicts.push(verdict)
      report.sample({ ...verdict, facts: { ...facts } })
    },
  })
  const exitCode = finish(report, verdicts)
  if (junit !== undefined) {
    const cases = verdicts.map((found) => ({
      check,
      target,
      verdict: fromDoctor(found),
      code: found.code,
    }))
    await writeReport('--junit', junit, junitReport(`sockyard survey doctor ${check}`, cases))
  }
  return exitCode
}

function missing(operand: string, allowed: string): UsageError {
  return new UsageError(operand, undefined, allowed, `missing argument ${operand} (${allowed})`)
}

interface Findings {
  start: (target: string) => void
  found: (verdict: Verdict, facts: object) => void
}

type Examination = (context: Context, target: string, findings: Findings) => Promise<void>

const EXAMINATIONS: Readonly<Record<string, Examination>> = {
  async host(_context, name, { start, found }) {
    const { readHostState } = await import('../checks/host/host-state.ts')
    const { judgeHost } = await import('../checks/host/host-verdicts.ts')
    start(name)
    const state = readHostState()
    for (const verdict of judgeHost(state)) found(verdict, state)
  },
  async multicast({ options, signal }, target, { start, found }) {
    const { host: group, port } = parseTarget(target, MULTICAST_PORT)
    if (!isMulticast(group))
      throw new UsageError('TARGET', target, 'must be a multicast group, such as 239.255.43.21')
    const { multicastFacts } = await import('./multicast-facts.ts')
    const { judgeMulticast } = await import('./multicast-verdict.ts')
    start(formatAddress(group, port))
    const question = { group, port, millis: options.wait, signal }
    const facts = await multicastFacts(question, options.interface)
    found(judgeMulticast(facts), facts)
  },
  udp: (context, target, findings) =>
    eachAddress(context, target, findings, async (...asked) =>
      (await import('./udp-facts.ts')).udpFacts(...asked),
    ),
  async stamp({ options, signal }, target, { start, found }) {
    const { stampFacts } = await import('../checks/udp/stamp-facts.ts')
    const { judgeStamp } = await import('../checks/udp/stamp-verdict.ts')
    const { sizeFacts } = await import('../checks/udp/size-facts.ts')
    const { judgeSizes } = await import('../checks/udp/size-verdict.ts')
    const { stampFormat } = await import('../checks/udp/test-packet.ts')
    start(target)
    for (const address of await resolveTarget(target, { defaultPort: STAMP_PORT, signal })) {
      const facts = await stampFacts(address, options.wait, signal)
      found(judgeStamp(facts), facts)
      // Where nothing is answered, no size is.
      if (facts.received === 0) continue
      const sizes = await sizeFacts(address, stampFormat(), signal)
      found(judgeSizes(sizes), sizes)
    }
  },
  tcp: (context, target, findings) =>
    eachAddress(context, target, findings, async (...asked) =>
      (await import('./tcp-facts.ts')).tcpFacts(...asked),
    ),
}

/** Asks each address of a host: one of several may be dead. */
async function eachAddress(
  { options, signal }: Context,
  target: string,
  { start, found }: Findings,
  ask: (
    address: Awaited<ReturnType<typeof resolveTarget>>[number],
    waitMillis: number,
    signal: AbortSignal,
  ) => Promise<UnicastFacts>,
): Promise<void> {
  const { port } = parseTarget(target, 1)
  if (!/:\d+$/.test(target)) throw new UsageError('TARGET', target, 'must be HOST:PORT')
  start(target)
  for (const address of await resolveTarget(target, { defaultPort: port, signal })) {
    const facts = await ask(address, options.wait, signal)
    found(judgeUnicast(facts), facts)
  }
}

function finish(report: Report, verdicts: readonly Verdict[]): number {
  const failed = verdicts.filter(({ verdict }) => verdict === 'fail').length
  report.end({ checks: verdicts.length, failed })
  return failed === 0 ? 0 : 1
}
