import { setTimeout as sleep } from 'node:timers/promises'

import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError } from '@sockyard/service/errors'
import { readNtpKeys } from '@sockyard/service/ntp-keys'
import { parseTarget, type ResolvedAddress, resolveTarget } from '@sockyard/service/resolve'

import { NTP_PORT, type QueryOptions } from './config.ts'
import { type ExchangeResult, Exchanger } from './exchanger.ts'
import { QueryReport } from './query-report.ts'

/** A server that asks for fewer requests gets half as many (RFC 5905, section 7.4). */
const BACK_OFF = 2
/** The longest that a timer can wait. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/** Asks one server a few times. @returns the exit code: 0 when at least one reply was believed */
export async function query(context: CommandContext<QueryOptions>): Promise<number> {
  const { options, operands, log, now } = context
  const { host } = parseTarget(operands[0] ?? '', NTP_PORT)
  const wanted = options.key === undefined ? [] : [options.key]
  const keys = readNtpKeys(options.keys, wanted, log)
  const key = options.key === undefined ? undefined : keys.get(options.key)
  const report = new QueryReport(context)
  const { target, exchanger } = await open(context, (address) =>
    Exchanger.open({ ...address, key }, now),
  ).catch((error: unknown) => {
    if (error instanceof NetworkError) report.failed(error)
    throw error
  })
  using asking = exchanger
  report.start(host, target)
  await askAll(context, asking, report)
  return report.end(target, asking)
}

/** The first of the addresses to which there is a route. */
async function open(
  { options, operands, signal }: CommandContext<QueryOptions>,
  connect: (target: ResolvedAddress) => Promise<Exchanger>,
): Promise<{ target: ResolvedAddress; exchanger: Exchanger }> {
  const how = { defaultPort: NTP_PORT, family: ipFamily(options), signal }
  let failure: unknown
  for (const target of await resolveTarget(operands[0] ?? '', how)) {
    try {
      return { target, exchanger: await connect(target) }
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** One request at a time, each an interval after the one before, until told to stop. */
async function askAll(
  { options, signal: stop }: CommandContext<QueryOptions>,
  exchanger: Exchanger,
  report: QueryReport,
): Promise<void> {
  const { deadline = LONGEST_TIMER_MILLIS, count, wait } = options
  const over = AbortSignal.timeout(Math.min(deadline, LONGEST_TIMER_MILLIS))
  const signal = AbortSignal.any([stop, over])
  let { interval } = options
  let dueAt = performance.now()
  for (let sequence = 0; sequence < count && !signal.aborted; sequence += 1) {
    dueAt = Math.max(dueAt + (sequence === 0 ? 0 : interval), performance.now())
    await until(dueAt, signal)
    if (signal.aborted) return
    const result = await exchanger.ask(wait, signal)
    if (signal.aborted && result.outcome === 'silent') return
    report.sample(sequence, result)
    if (wasToldToStop(result)) return
    if (result.outcome === 'refused' && result.reason === 'kiss-rate') interval *= BACK_OFF
  }
}

function wasToldToStop(result: ExchangeResult): boolean {
  return result.outcome === 'refused' && result.reason === 'kiss-deny'
}

async function until(millis: number, signal: AbortSignal): Promise<void> {
  const pause = millis - performance.now()
  if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined)
}
