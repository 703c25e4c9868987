import { parseTarget } from '@sockyard/net/address'
import type { Connected } from '@sockyard/net/connect'
import { failureOf, NetworkError, place } from '@sockyard/net/errors'
import { commandReporter } from '@sockyard/probe/report'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT, type PingOptions } from '../config.ts'
import { readInto, receiveOver, streamOver } from './bulk-connection.ts'
import { BulkStream, BulkTotals, DownloadStream, UploadStream } from './bulk-stream.ts'
import { bulkTexts } from './bulk-texts.ts'
import { connectToServer } from './client.ts'

const DEFAULT_DEADLINE_MILLIS = 10_000
/** From one report to the next, without --interval. */
const REPORT_MILLIS = 1_000
/** The streams begin this far apart in the pattern. */
const OFFSET_STEP = 1009

interface OpenStream extends Connected {
  stream: BulkStream
}

/** Measures throughput. @returns the exit code: 1 when a byte was lost or came back wrong */
export async function bulk(context: CommandContext<PingOptions>): Promise<number> {
  const { options, operands, signal } = context
  const reporter = commandReporter(context, bulkTexts, !context.options.quiet)
  try {
    const streams = await openStreams(context)
    const { host } = parseTarget(operands[0] ?? '', DEFAULT_PORT)
    const { address, port } = streams[0].target
    reporter.start({ host, address, port, ...plan(options) })
    const totals = new BulkTotals(streams.map(({ stream }) => stream))
    await using _admin = await context.openAdmin(measuredBytes(totals))
    const failure = await measure(context, streams, () => reporter.interval(totals.takeInterval()))
    for (const sample of totals.streams()) reporter.sample(sample)
    const total = totals.total()
    reporter.end({ ...total, ...(failure && { error: failureOf(failure) }) })
    return failure === undefined && total.lostBytes === 0 && total.malformedBytes === 0 ? 0 : 1
  } catch (error) {
    // Stopped while still connecting: nothing was measured, and nothing failed.
    if (signal.aborted) return 0
    if (options.json && error instanceof NetworkError)
      reporter.end({ ...new BulkTotals([]).total(), error: failureOf(error) })
    throw error
  }
}

/** What the admin endpoint exports. */
function measuredBytes(totals: BulkTotals) {
  const counts = () => {
    const { sentBytes: sent, receivedBytes: received, malformedBytes: malformed } = totals.total()
    return { sent, received, malformed }
  }
  const counted = { name: 'sockyard_bulk_bytes_total', help: 'Bytes of this client, by outcome' }
  return { counted, counts, isReady: () => true }
}

function plan({ bytes, deadline, connections, direction = 'both' }: PingOptions) {
  const withoutEnd = bytes === undefined && deadline === undefined
  const deadlineMillis = withoutEnd ? DEFAULT_DEADLINE_MILLIS : (deadline ?? null)
  return { direction, connections, sizeBytes: bytes ?? null, deadlineMillis }
}

/** All connections, or none. */
async function openStreams(
  context: CommandContext<PingOptions>,
): Promise<[OpenStream, ...OpenStream[]]> {
  const indexes = Array.from({ length: context.options.connections }, (_, index) => index)
  const results = await Promise.allSettled(indexes.map((index) => openStream(context, index)))
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  const [first, ...others] = made
  if (failed === undefined && first !== undefined) return [first, ...others]
  for (const { socket } of made) socket.destroy()
  throw failed?.reason
}

async function openStream(
  context: CommandContext<PingOptions>,
  index: number,
): Promise<OpenStream> {
  const { bytes = Infinity, connections, direction } = context.options
  const share = shareOf(bytes, connections, index)
  const stream = streamFor(direction, share, index * OFFSET_STEP)
  const connected = await connectToServer(context, readInto(stream))
  const { socket } = connected
  if (stream instanceof DownloadStream) stream.onComplete = () => void socket.destroy()
  const why = stream instanceof UploadStream ? NO_DISCARD : 'the peer sends more than it was sent'
  stream.onUnexpected = () => void socket.destroy(unexpected(connected, why))
  return { stream, ...connected }
}

function streamFor(direction: PingOptions['direction'], bytes: number, offset: number): BulkStream {
  if (direction === 'up') return new UploadStream(bytes, offset)
  return direction === 'down' ? new DownloadStream(bytes) : new BulkStream(bytes, offset)
}

const NO_DISCARD = 'the peer sends data; --direction up needs a discard service (RFC 863)'

function unexpected({ target }: Connected, why: string): NetworkError {
  const { address: host, port } = target
  const message = `${place(host, port)}${why}`
  return new NetworkError(message, { errorClass: 'OTHER', host, port })
}

/** Shares differ by one byte at most, and together they are the whole. */
function shareOf(bytes: number, connections: number, index: number): number {
  if (bytes === Infinity) return bytes
  return Math.floor((bytes * (index + 1)) / connections) - Math.floor((bytes * index) / connections)
}

/** @returns why the first connection that failed did */
async function measure(
  { options, signal: user }: CommandContext<PingOptions>,
  streams: readonly OpenStream[],
  report: () => void,
): Promise<NetworkError | undefined> {
  const { deadlineMillis } = plan(options)
  const stop = new AbortController()
  const deadline = deadlineMillis === null ? [] : [AbortSignal.timeout(deadlineMillis)]
  const signal = AbortSignal.any([user, stop.signal, ...deadline])
  const reporting = setInterval(() => {
    if (!options.quiet) report()
  }, options.interval ?? REPORT_MILLIS)
  const failures = streams.map(async (each) => {
    const { stream } = each
    const how = { signal, user, waitMillis: options.wait }
    const error = await (stream instanceof DownloadStream
      ? receiveOver(each, stream, how)
      : streamOver(each, stream, how))
    if (error !== undefined) stop.abort()
    return error
  })
  try {
    const errors = await Promise.all(failures)
    return errors.find((error) => error !== undefined)
  } finally {
    clearInterval(reporting)
  }
}
