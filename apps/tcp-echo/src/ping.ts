import { createEchoPingReporter } from '@sockyard/probe/echo-ping-reporter'
import { probeInterval } from '@sockyard/probe/probe-interval'
import { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import type { CommandContext } from '@sockyard/service/command'
import type { Connected } from '@sockyard/service/connect'
import { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'

import { connectAll, connectToServer, serverOf } from './client.ts'
import type { PingOptions } from './config.ts'
import { type OnOutcome, PingConnection } from './ping-connection.ts'
import { type Lane, type PingRun, pingOn } from './ping-run.ts'
import { runSignal } from './run-signal.ts'

/** Measures round trips. @returns the exit code: 1 when a probe was lost or came back wrong, or the rate was not kept */
export async function ping(context: CommandContext<PingOptions>): Promise<number> {
  const totals = new RoundTripTotals()
  const reporter = reporterOf(context, totals)
  const connect = (): Promise<Connected> => connectToServer(context)
  const connected = await connectAll(context.options.connections, connect).catch((error) => {
    if (context.options.json && error instanceof NetworkError) reporter.end(summary(totals, error))
    throw error
  })
  reporter.start({ ...serverOf(context.operands[0], connected[0]), ...plan(context.options) })
  const failure = await measure(context, connected, totals, reporter)
  reporter.end(summary(totals, failure))
  const { lost, malformed } = totals.tallies
  const isGood = failure === undefined && lost === 0 && malformed === 0 && totals.keptRate
  return isGood ? 0 : 1
}

type PingReporter = ReturnType<typeof reporterOf>

function reporterOf(context: CommandContext<PingOptions>, totals: RoundTripTotals) {
  const { options, isTerminal, stdout } = context
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

function plan(options: PingOptions) {
  const { connections, count = null, window, size: sizeBytes } = options
  const intervalMillis = window === undefined ? probeInterval(options) : null
  return { transport: 'tcp' as const, connections, count, intervalMillis, sizeBytes }
}

function probesPerSecond(options: PingOptions): number {
  if (options.window !== undefined) return Number.POSITIVE_INFINITY
  return (options.connections * 1000) / probeInterval(options)
}

async function measure(
  context: CommandContext<PingOptions>,
  connected: readonly [Connected, ...Connected[]],
  totals: RoundTripTotals,
  reporter: PingReporter,
): Promise<NetworkError | undefined> {
  const { options, log, now } = context
  const { signal, stop } = runSignal(context.signal, options.deadline)
  let failure: NetworkError | undefined
  const run: PingRun = {
    options,
    signal,
    log,
    connect: () => connectToServer(context),
    onFailed: (error) => {
      failure ??= error
      stop()
    },
  }
  const laneOf = (each: Connected, index: number): Lane => {
    const onOutcome = toSample(reporter, options, index)
    const { size, wait: waitMillis } = options
    const lane = new PingConnection({ totals, size, waitMillis, now, onOutcome })
    return { lane, connected: each }
  }
  const [first, ...others] = connected
  const lanes = others.map((each, index) => laneOf(each, index + 1))
  using _reporting = reporter.eachSecond()
  await pingOn([laneOf(first, 0), ...lanes], run)
  return failure
}

function toSample(reporter: PingReporter, options: PingOptions, connection: number): OnOutcome {
  const { size: sizeBytes } = options
  return (sequence, outcome, rttMicros) =>
    reporter.sample({ connection, sequence, sizeBytes, outcome, rttMicros })
}

function summary(totals: RoundTripTotals, failure: NetworkError | undefined) {
  const answered = totals.tallies.received > 0
  const silent = failure?.errorClass === 'REFUSED' ? ('refused' as const) : ('silent' as const)
  const verdict = answered ? ('answered' as const) : silent
  return { ...totals.total(), verdict, ...(failure && { error: failureOf(failure) }) }
}
