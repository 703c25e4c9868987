import type { Writable } from 'node:stream'

import { eventLine } from '@sockyard/cli/text'

import { breakLines, cutLine, type Terminal, terminalOf } from './terminal.ts'

/** What a person reads for each event; without the line feed. Several lines are fine. */
export interface Texts<Start, Sample, Interval, End> {
  start: (data: Start) => string
  sample: (data: Sample) => string
  interval: (data: Interval) => string
  end: (data: End) => string
}

/** Where results go, and in which form. */
export interface ReporterOptions<Start, Sample, Interval, End> {
  /** Where it goes, such as `(text) => stdout.write(text)`. */
  write: (text: string) => void
  /** JSON lines `{"event":…,"at":…,"data":…}` instead of text (`--json`). */
  json: boolean
  /** The terminal that is written to, if it is one: lines are broken to fit it. */
  terminal?: Terminal | undefined
  /** Whether `progress` shows anything; on a terminal only. */
  live: boolean
  /** Without samples (`--quiet`). */
  quiet?: boolean
  texts: Texts<Start, Sample, Interval, End>
}

/** The four events of every client (the schemas are those of @sockyard/protocol/results). */
export interface Reporter<Start, Sample, Interval, End> {
  start: (data: Start) => void
  sample: (data: Sample) => void
  interval: (data: Interval) => void
  end: (data: End) => void
  /** Shows how it stands now in a line that the next call rewrites; only on a terminal. */
  progress(data: Interval): void
}

/** What a reporter needs of the context of a command. */
interface ReportContext {
  options: { json: boolean; quiet: boolean }
  stdout: Writable
  isTerminal: boolean
  publishEvent: ((json: string) => void) | undefined
}

/**
 * The reporter of a command: for a person or as JSON lines, and for the admin endpoint where it is open.
 *
 * @param live whether `progress` shows anything
 */
export function commandReporter<Start, Sample, Interval, End>(
  { options, stdout, isTerminal, publishEvent }: ReportContext,
  texts: Texts<Start, Sample, Interval, End>,
  live = false,
): Reporter<Start, Sample, Interval, End> {
  const { json, quiet } = options
  const write = (text: string): void => void stdout.write(text)
  const terminal = terminalOf(stdout, isTerminal)
  return publishing(
    createReporter({ write, json, quiet, terminal, live, texts }),
    publishEvent,
    quiet,
  )
}

/**
 * The same reporter, whose events are also published as the JSON lines of `--json`: for `/events` of a client.
 *
 * @param publish takes one line without its line feed; undefined without an admin endpoint
 * @param quiet without samples
 */
export function publishing<Start, Sample, Interval, End>(
  reporter: Reporter<Start, Sample, Interval, End>,
  publish: ((json: string) => void) | undefined,
  quiet: boolean,
): Reporter<Start, Sample, Interval, End> {
  if (publish === undefined) return reporter
  const also =
    <Data>(event: EventName, report: (data: Data) => void) =>
    (data: Data): void => {
      publish(eventLine(event, data).trimEnd())
      report(data)
    }
  return {
    ...reporter,
    start: also('start', reporter.start),
    sample: quiet ? reporter.sample : also('sample', reporter.sample),
    interval: also('interval', reporter.interval),
    end: also('end', reporter.end),
  }
}

type EventName = 'start' | 'sample' | 'interval' | 'end'

/** Back to the first column and erase the line (ECMA-48 CR and EL). */
const ERASE_LINE = '\r\u001B[2K'

/**
 * Reports a measurement, for people or as JSON lines.
 *
 * @example
 * const reporter = createReporter({
 *   write: (text) => stdout.write(text),
 *   json: options.json,
 *   terminal: terminalOf(stdout, isTerminal),
 *   live: true,
 *   texts: echoPingTexts,
 * })
 * reporter.start({ … })
 */
export function createReporter<Start, Sample, Interval, End>(
  options: ReporterOptions<Start, Sample, Interval, End>,
): Reporter<Start, Sample, Interval, End> {
  const { write, json, texts, terminal, quiet = false } = options
  const live = options.live && !json && terminal?.canErase === true
  let progress = ''

  const emit = <Data>(event: EventName, data: Data, text: (data: Data) => string): void => {
    if (json) write(eventLine(event, data))
    else
      write(`${progress === '' ? '' : ERASE_LINE}${breakLines(text(data), terminal)}\n${progress}`)
  }

  return {
    start: (data) => emit('start', data, texts.start),
    sample: (data) => {
      if (!quiet) emit('sample', data, texts.sample)
    },
    interval: (data) => emit('interval', data, texts.interval),
    end: (data) => {
      if (progress !== '') write(ERASE_LINE)
      progress = ''
      emit('end', data, texts.end)
    },
    progress: (data) => {
      if (!live) return
      const text = cutLine(texts.interval(data), terminal)
      write(`${progress === '' ? '' : ERASE_LINE}${text}`)
      progress = text
    },
  }
}
