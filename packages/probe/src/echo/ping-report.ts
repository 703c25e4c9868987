import type { Writable } from 'node:stream'

import { timestamp } from '@sockyard/cli/text'
import type { EchoPingEvent } from '@sockyard/protocol/results'

import {
  formatBitRate,
  formatDuration,
  formatMicros,
  formatPercentiles,
  formatShare,
  formatSummary,
  formatCounts,
} from '../report/format.ts'
import { createReporter, publishing, type Reporter, type Texts } from '../report/reporter.ts'
import { terminalOf } from '../report/terminal.ts'
import { createPingCsv } from './ping-csv.ts'

type Data<Name extends EchoPingEvent['event']> = Extract<EchoPingEvent, { event: Name }>['data']

/** With more, a line for each probe would be a flood; there is one for each second instead. */
const MAXIMUM_SAMPLES_PER_SECOND = 20
const REPORT_MILLIS = 1000

/** What a run of `ping` is, and where its report goes. */
export interface PingReportOptions {
  stdout: Writable
  /** JSON lines instead of text (`--json`). */
  json: boolean
  /** Whether the output is a terminal: only there is a live line. */
  isTerminal: boolean
  /** Only the beginning and the end (`--quiet`). */
  quiet: boolean
  /** A row for each probe instead (`--csv`). */
  csv: boolean
  /** The time before each line (`--timestamps`). */
  timestamps: boolean
  /** Takes each event as a line of JSON, too. */
  publishEvent?: ((json: string) => void) | undefined
  /** All connections together; Infinity for as fast as replies arrive. */
  probesPerSecond: number
  measured: {
    /** Since the last call. */
    takeInterval: () => Data<'interval'>
    /** Since the beginning. */
    total: () => Data<'interval'>
  }
}

interface PingReport extends Reporter<
  Data<'start'>,
  Data<'sample'>,
  Data<'interval'>,
  Data<'end'>
> {
  /** Begins to report each second; ends with what is returned. */
  eachSecond(): Disposable
}

/**
 * What `ping` of the echo clients says, and how often: a line for each probe while they are few, otherwise one
 * a second; on a terminal also the state so far, in a line that is rewritten.
 */
export function createPingReport(options: PingReportOptions): PingReport {
  const { stdout, json, csv, isTerminal, quiet, timestamps, measured } = options
  const manyProbes = options.probesPerSecond > MAXIMUM_SAMPLES_PER_SECOND
  const write = (text: string): void => void stdout.write(text)
  const withoutSamples = quiet || manyProbes
  const printed = csv
    ? createPingCsv(write)
    : createReporter({
        write,
        json,
        terminal: terminalOf(stdout, isTerminal),
        live: !quiet,
        quiet: withoutSamples,
        texts: timestamps ? withTimestamps(pingTexts) : pingTexts,
      })
  const reporter = publishing(printed, options.publishEvent, withoutSamples)
  const report = (): void => {
    if (manyProbes && !quiet) reporter.interval(measured.takeInterval())
    reporter.progress(measured.total())
  }
  return {
    ...reporter,
    eachSecond: () => {
      const timer = setInterval(report, REPORT_MILLIS)
      return { [Symbol.dispose]: () => clearInterval(timer) }
    },
  }
}

type PingTexts = Texts<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>>

/** The time before what happens: each probe, or each interval. */
function withTimestamps(texts: PingTexts): PingTexts {
  return {
    ...texts,
    sample: (data) => `${timestamp()}  ${texts.sample(data)}`,
    interval: (data) => `${timestamp()}  ${texts.interval(data)}`,
  }
}

/** What a person reads, much as from ping(8). */
export const pingTexts: PingTexts = {
  start: (data) => {
    const { host, address, port, transport, connections } = data
    const name = host === address ? '' : `${host} `
    const on = connections > 1 ? ` on ${connections} connections` : ''
    return `ping ${name}${address} port ${port} over ${transport}: ${sizeText(data)}${paceText(data)}${on}`
  },
  sample: (data) => {
    const { connection, sequence, sizeBytes, outcome, rttMicros } = data
    const on = connection === 0 ? '' : `connection ${connection}  `
    const time = rttMicros === null ? '' : `  time ${formatMicros(rttMicros).padStart(7)}`
    const remark = outcome === 'answered' ? '' : `  ${REMARKS[outcome]}`
    return `${on}seq ${String(sequence).padStart(4)}  ${sizeBytes} B${time}${headerText(data)}${remark}`
  },
  interval: (data) =>
    `${formatDuration(data.durationMillis).padStart(7)}  ${formatCounts(data)}  ${formatPercentiles(data.rttMicros)}${rateText(data)}`,
  end: (data) => {
    const { rttMicros, lateMicros, error } = data
    const label = lateMicros === null ? 'round trip' : 'round trip (from scheduled send time)'
    return [
      `${data.verdict}: ${formatCounts(data)}${inFlight(data)}  in ${formatDuration(data.durationMillis)}${rateText(data)}`,
      ...(rttMicros === null ? [] : [formatSummary(label, rttMicros)]),
      ...(lateMicros === null ? [] : [formatSummary('of which client send delay', lateMicros)]),
      ...variationLines(data),
      ...(data.histogram === null ? [] : histogramLines(data.histogram)),
      ...data.replies.flatMap((each) => headerLine(each)),
      ...(data.sweep === null ? [] : [sweepLine(data.sweep)]),
      ...(data.skipped === 0 ? [] : [tooSlow(data)]),
      ...(error === undefined ? [] : [error.message]),
    ].join('\n')
  },
}

/** `64 B`, or `1200 to 1600 B in steps of 8`. */
function sizeText({ sizeBytes, sweep }: Data<'start'>): string {
  if (sweep === null) return `${sizeBytes} B`
  return `${sweep.fromBytes} to ${sweep.toBytes} B in steps of ${sweep.stepBytes}`
}

/** `  ttl 63  dscp 46  ecn ce`: a reply as a host sends it by default shows its TTL only. */
function headerText({ replyTtl, replyDscp, replyEcn }: Pick<Data<'sample'>, ReplyField>): string {
  const ttl = replyTtl === null ? '' : `  ttl ${replyTtl}`
  const dscp = replyDscp === null || replyDscp === 0 ? '' : `  dscp ${replyDscp}`
  const ecn = replyEcn === null || replyEcn === 'not-ect' ? '' : `  ecn ${replyEcn}`
  return `${ttl}${dscp}${ecn}`
}

type ReplyField = 'replyTtl' | 'replyDscp' | 'replyEcn'

function headerLine(reply: Data<'end'>['replies'][number]): string[] {
  return reply.replyTtl === null ? [] : [`replies ${reply.received}${headerText(reply)}`]
}

/** `  sent 10 Mbit/s  received 9.9 Mbit/s`, with `--bitrate`. */
function rateText({ sentBytesPerSecond, bytesPerSecond }: Data<'interval'>): string {
  if (sentBytesPerSecond === null || bytesPerSecond === null) return ''
  return `  out ${formatBitRate(sentBytesPerSecond)}  in ${formatBitRate(bytesPerSecond)}`
}

function variationLines({ ipdvMicros, jitterMicros }: Data<'end'>): string[] {
  if (ipdvMicros === null) return []
  const jitter = jitterMicros === null ? '' : `  jitter ${formatMicros(jitterMicros)}`
  return [`${formatSummary('variation', ipdvMicros)}${jitter}`]
}

const BAR_WIDTH = 40

/** `  50 to 100 µs     120  ####`, the longest bar 40 columns wide. */
function histogramLines(buckets: NonNullable<Data<'end'>['histogram']>): string[] {
  const most = Math.max(...buckets.map(({ count }) => count))
  return buckets.map(({ fromMicros, toMicros, count }) => {
    const from = fromMicros === 0 ? '0 µs' : formatMicros(fromMicros)
    const range = `${from.padStart(7)} to ${(toMicros === null ? '…' : formatMicros(toMicros)).padStart(7)}`
    return `${range}  ${String(count).padStart(7)}  ${'#'.repeat(Math.ceil((count / most) * BAR_WIDTH))}`.trimEnd()
  })
}

function sweepLine(sweep: NonNullable<Data<'end'>['sweep']>): string {
  const { largestAnsweredBytes, smallestLostBytes, pathMtuBytes } = sweep
  return [
    `largest answered ${bytesText(largestAnsweredBytes)}`,
    `smallest lost ${bytesText(smallestLostBytes)}`,
    ...(pathMtuBytes === null ? [] : [`path MTU ${pathMtuBytes} B`]),
  ].join('  ')
}

function bytesText(bytes: number | null): string {
  return bytes === null ? 'none' : `${bytes} B`
}

/** ` every 1 s`, or `, 10 in flight`. */
function paceText({ intervalMillis, window }: Data<'start'>): string {
  return intervalMillis === null
    ? `, ${window} in flight`
    : ` every ${formatDuration(intervalMillis)}`
}

/** What was under way when the run was stopped. */
function inFlight({ sent, received, lost }: Data<'end'>): string {
  const waiting = sent - received - lost
  return waiting > 0 ? `  in flight ${waiting}` : ''
}

function tooSlow({ sent, skipped }: Data<'end'>): string {
  const share = formatShare(skipped, sent + skipped)
  return `this client was too slow for its rate: ${skipped} of ${sent + skipped} probes (${share}) were not sent`
}

const REMARKS = {
  duplicated: 'duplicate reply',
  reordered: 'out of order',
  malformed: 'reply with wrong bytes',
  refused: 'connection refused',
  silent: 'no answer in time',
  'too-big': 'does not fit the path',
} as const
