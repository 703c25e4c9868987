import { createReporter } from '@sockyard/probe/reporter'
import type { CommandContext } from '@sockyard/service/command'
import type { Connected } from '@sockyard/service/connect'
import { NetworkError } from '@sockyard/service/errors'
import { failureOf } from '@sockyard/service/failure'

import { readInto, streamOver } from './bulk-connection.ts'
import { BulkStream } from './bulk-stream.ts'
import { bulkTexts } from './bulk-texts.ts'
import { BulkTotals } from './bulk-totals.ts'
import { connectAll, connectToServer, serverOf } from './client.ts'
import type { PingOptions } from './config.ts'
import { runSignal } from './run-signal.ts'

const DEFAULT_DEADLINE_MILLIS = 10_000
/** From one report to the next, without --interval. */
const REPORT_MILLIS = 1_000
/** The streams begin this far apart in the pattern. */
const OFFSET_STEP = 1009

/** Measures throughput. @returns the exit code: 1 when a byte was lost or came back wrong */
export async function bulk(context: CommandContext<PingOptions>): Promise<number> {
  const { options, operands } = context
  const reporter = createBulkReporter(context)
  const connected = await connectAll(options.connections, (index) =>
    openStream(context, createStream(options, index)),
  ).catch((error) => {
    if (options.json && error instanceof NetworkError)
      reporter.end({ ...new BulkTotals([]).total(), error: failureOf(error) })
    throw error
  })
  reporter.start({ ...serverOf(operands[0], connected[0]), ...plan(options) })
  const totals = new BulkTotals(connected.map(({ stream }) => stream))
  const failure = await measure(context, connected, totals, reporter)
  for (const sample of totals.streams()) reporter.sample(sample)
  const total = totals.total()
  reporter.end({ ...total, ...(failure && { error: failureOf(failure) }) })
  return failure === undefined && total.lost === 0 && total.malformed === 0 ? 0 : 1
}

interface OpenStream extends Connected {
  stream: BulkStream
}

type BulkReporter = ReturnType<typeof createBulkReporter>

function createBulkReporter({ options, isTerminal, stdout }: CommandContext<PingOptions>) {
  const { json, quiet } = options
  const live = isTerminal && !quiet
  return createReporter({
    write: (text) => stdout.write(text),
    json,
    live,
    quiet,
    texts: bulkTexts,
  })
}

function createStream({ bytes, connections }: PingOptions, index: number): BulkStream {
  const share = bytes === undefined ? Number.POSITIVE_INFINITY : shareOf(bytes, connections, index)
  return new BulkStream(share, index * OFFSET_STEP)
}

/** Shares differ by one byte at most, and together they are the whole. */
function shareOf(bytes: number, connections: number, index: number): number {
  return Math.floor((bytes * (index + 1)) / connections) - Math.floor((bytes * index) / connections)
}

async function openStream(
  context: CommandContext<PingOptions>,
  stream: BulkStream,
): Promise<OpenStream> {
  return { stream, ...(await connectToServer(context, readInto(stream))) }
}

function plan({ bytes, deadline, connections }: PingOptions) {
  const withoutEnd = bytes === undefined && deadline === undefined
  const deadlineMillis = withoutEnd ? DEFAULT_DEADLINE_MILLIS : (deadline ?? null)
  return { connections, sizeBytes: bytes ?? null, deadlineMillis }
}

/** @returns why the first connection that failed did */
async function measure(
  context: CommandContext<PingOptions>,
  streams: readonly OpenStream[],
  totals: BulkTotals,
  reporter: BulkReporter,
): Promise<NetworkError | undefined> {
  const { options } = context
  const { deadlineMillis } = plan(options)
  const { signal, stop } = runSignal(context.signal, deadlineMillis ?? undefined)
  const reporting = setInterval(() => {
    if (!options.quiet) reporter.interval(totals.takeInterval())
  }, options.interval ?? REPORT_MILLIS)
  let failure: NetworkError | undefined
  await Promise.all(
    streams.map(async (each) => {
      const how = { signal, user: context.signal, waitMillis: options.wait }
      const error = await streamOver(each, each.stream, how)
      if (error === undefined) return
      failure ??= error
      stop()
    }),
  ).finally(() => clearInterval(reporting))
  return failure
}
