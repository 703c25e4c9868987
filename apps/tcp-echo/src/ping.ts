import { echoPingTexts } from '@sockyard/probe/echo-ping-texts'
import { createReporter } from '@sockyard/probe/reporter'
import { RoundTripTotals } from '@sockyard/probe/round-trip-totals'
import type { CommandContext } from '@sockyard/service/command'
import type { Connected } from '@sockyard/service/connect'
import { NetworkError } from '@sockyard/service/errors'

import { connectAll, connectToServer, failureOf, serverOf } from './client.ts'
import type { PingOptions } from './config.ts'
import { type OnOutcome, PingConnection } from './ping-connection.ts'
import { type PingRun, pingOn } from './ping-run.ts'
import { runSignal } from './run-signal.ts'

/** With more, a line for each probe would be a flood; there is one for each second instead. */
const MAXIMUM_SAMPLES_PER_SECOND = 20
const REPORT_MILLIS = 1000

/** Measures round trips. @returns the exit code: 1 when a probe was lost or came back wrong */
export async function ping(context: CommandContext<PingOptions>): Promise<number> {
  const reporter = createPingReporter(context)
  const connect = (): Promise<Connected> => connectToServer(context)
  const connected = await connectAll(context.options.connections, connect).catch((error) => {
    if (context.options.json && error instanceof NetworkError)
      reporter.end(summary(new RoundTripTotals(), error))
    throw error
  })
  reporter.start({ ...serverOf(context.operands[0], connected[0]), ...plan(context.options) })
  const { totals, failure } = await measure(context, connected, reporter)
  reporter.end(summary(totals, failure))
  const { lost, malformed } = totals.tallies
  return failure === undefined && lost === 0 && malformed === 0 ? 0 : 1
}

type PingReporter = ReturnType<typeof createPingReporter>

function createPingReporter({ options, isTerminal, stdout }: CommandContext<PingOptions>) {
  return createReporter({
    write: (text) => stdout.write(text),
    json: options.json,
    live: isTerminal && !options.quiet,
    quiet: options.quiet || probesPerSecond(options) > MAXIMUM_SAMPLES_PER_SECOND,
    texts: echoPingTexts,
  })
}

function plan(options: PingOptions) {
  const { connections, count = null, window, size: sizeBytes } = options
  const intervalMillis = window === undefined ? intervalOf(options) : null
  return { transport: 'tcp' as const, connections, count, intervalMillis, sizeBytes }
}

function intervalOf({ rate, interval }: PingOptions): number {
  return rate === undefined ? interval : 1000 / rate
}

function probesPerSecond(options: PingOptions): number {
  if (options.window !== undefined) return Number.POSITIVE_INFINITY
  return (options.connections * 1000) / intervalOf(options)
}

async function measure(
  context: CommandContext<PingOptions>,
  connected: readonly Connected[],
  reporter: PingReporter,
): Promise<{ totals: RoundTripTotals; failure: NetworkError | undefined }> {
  const { options, log, now } = context
  const { signal, stop } = runSignal(context.signal, options.deadline)
  const totals = new RoundTripTotals()
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
  const reporting = setInterval(() => report(totals, reporter, options), REPORT_MILLIS)
  const runs = connected.map((each, index) => {
    const onOutcome = toSample(reporter, options, index)
    const { size, wait: waitMillis } = options
    return pingOn(new PingConnection({ totals, size, waitMillis, now, onOutcome }), each, run)
  })
  await Promise.all(runs).finally(() => clearInterval(reporting))
  return { totals, failure }
}

function toSample(reporter: PingReporter, options: PingOptions, connection: number): OnOutcome {
  const { size: sizeBytes } = options
  return (sequence, outcome, rttMicros) =>
    reporter.sample({ connection, sequence, sizeBytes, outcome, rttMicros })
}

function report(totals: RoundTripTotals, reporter: PingReporter, options: PingOptions): void {
  if (!options.quiet && probesPerSecond(options) > MAXIMUM_SAMPLES_PER_SECOND)
    reporter.interval(totals.takeInterval())
  reporter.progress(totals.total())
}

function summary(totals: RoundTripTotals, failure: NetworkError | undefined) {
  const answered = totals.tallies.received > 0
  const silent = failure?.errorClass === 'REFUSED' ? ('refused' as const) : ('silent' as const)
  const verdict = answered ? ('answered' as const) : silent
  return { ...totals.total(), verdict, ...failureOf(failure) }
}
