import { createEchoPingReporter } from '@sockyard/probe/echo-ping-reporter'
import { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError } from '@sockyard/service/errors'
import { parseTarget, resolveTarget } from '@sockyard/service/resolve'

import { chooseEngine } from './choose-engine.ts'
import { DEFAULT_PORT, type PingOptions } from './config.ts'
import { openPingSocket } from './open-ping-socket.ts'
import { endOf, endWithout, probesPerSecond, startOf } from './ping-report.ts'
import { pingAll } from './ping-run.ts'
import type { PingSocket } from './ping-socket.ts'
import { type OnOutcome, Pinger } from './pinger.ts'

/** Measures round trips. @returns the exit code: 1 when a probe was lost or came back wrong, or the rate was not kept */
export async function ping(context: CommandContext<PingOptions>): Promise<number> {
  const { options, operands, signal } = context
  const { host } = parseTarget(operands[0] ?? '', DEFAULT_PORT)
  const totals = new RoundTripTotals()
  const reporter = reporterOf(context, totals)
  using server = await open(context).catch((error: unknown) => {
    if (options.json && error instanceof NetworkError) reporter.end(endWithout(totals, error))
    throw error
  })
  reporter.start(startOf(host, server.target, options))
  const onOutcome: OnOutcome = (sequence, outcome, rttMicros) =>
    reporter.sample({ connection: 0, sequence, sizeBytes: options.size, outcome, rttMicros })
  const pinger = new Pinger(server, {
    totals,
    size: options.size,
    waitMillis: options.wait,
    probesPerSecond: probesPerSecond(options),
    now: context.now,
    onOutcome,
  })
  {
    using _reporting = reporter.eachSecond()
    await pingAll(pinger, options, signal)
  }
  reporter.end(endOf(totals, pinger, server.target))
  const { lost, malformed } = totals.tallies
  return lost === 0 && malformed === 0 && totals.keptRate ? 0 : 1
}

function reporterOf(context: CommandContext<PingOptions>, totals: RoundTripTotals) {
  const { options, stdout, isTerminal } = context
  const { json, quiet } = options
  return createEchoPingReporter({
    write: (text) => stdout.write(text),
    json,
    quiet,
    isTerminal,
    probesPerSecond: probesPerSecond(options),
    totals,
  })
}

async function open(context: CommandContext<PingOptions>): Promise<PingSocket> {
  const { options, operands, signal } = context
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  const { engine } = chooseEngine({ engine: options.engine, workers: 1 }, false)
  return openPingSocket(await resolveTarget(operands[0] ?? '', how), {
    engine,
    size: options.size,
  })
}
