import { setTimeout as sleep } from 'node:timers/promises'

import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError } from '@sockyard/service/errors'
import { parseTarget, type ResolvedAddress, resolveTarget } from '@sockyard/service/resolve'

import { askTcp, askUdp } from './ask.ts'
import { DAYTIME_PORT, type QueryOptions, TIME_PORT } from './config.ts'
import { QueryReport } from './query-report.ts'

/** Asks one server a few times. @returns the exit code: 0 when at least one answer could be read */
export async function query(context: CommandContext<QueryOptions>): Promise<number> {
  const { options, operands, signal: told } = context
  const defaultPort = options.time ? TIME_PORT : DAYTIME_PORT
  const report = new QueryReport(context)
  const how = { defaultPort, family: ipFamily(options), signal: told }
  const addresses = await resolveTarget(operands[0] ?? '', how).catch((error: unknown) => {
    if (error instanceof NetworkError) report.failed(error)
    throw error
  })
  const over = options.deadline === undefined ? [] : [AbortSignal.timeout(options.deadline)]
  const signal = AbortSignal.any([told, ...over])
  const { host } = parseTarget(operands[0] ?? '', defaultPort)
  report.start(host, addresses[0])
  await askAll(context, addresses, report, signal)
  return report.end()
}

/** One question at a time, each an interval after the one before. */
async function askAll(
  context: CommandContext<QueryOptions>,
  addresses: readonly [ResolvedAddress, ...ResolvedAddress[]],
  report: QueryReport,
  signal: AbortSignal,
): Promise<void> {
  const { count, interval } = context.options
  let [target] = addresses
  for (let sequence = 0; sequence < count && !signal.aborted; sequence += 1) {
    const due = sequence === 0 ? 0 : interval
    await sleep(due, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    // The first address of a name may have no server; the next ones are tried once.
    const others = sequence === 0 ? addresses.slice(1) : []
    target = await askOnce(context, [target, ...others], { report, sequence, signal })
  }
}

/** @returns the address that answered, or the last one */
async function askOnce(
  context: CommandContext<QueryOptions>,
  [target, ...others]: readonly [ResolvedAddress, ...ResolvedAddress[]],
  run: { report: QueryReport; sequence: number; signal: AbortSignal },
): Promise<ResolvedAddress> {
  const { options, now } = context
  const ask = options.udp ? askUdp : askTcp
  const patience = AbortSignal.any([run.signal, AbortSignal.timeout(options.wait)])
  const askedAt = now()
  try {
    const bytes = await ask(target, patience)
    run.report.answered(run.sequence, bytes, { askedAt, answeredAt: now() })
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const [next, ...rest] = others
    if (next !== undefined && error.errorClass !== 'TIMEOUT')
      return askOnce(context, [next, ...rest], run)
    if (!run.signal.aborted) run.report.unanswered(run.sequence, error)
  }
  return target
}
