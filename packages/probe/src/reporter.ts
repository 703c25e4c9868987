/** What a person reads for each event; without the line feed. Several lines are fine. */
export interface Texts<Start, Sample, Interval, End> {
  start: (data: Start) => string
  sample: (data: Sample) => string
  interval: (data: Interval) => string
  end: (data: End) => string
}

export interface ReporterOptions<Start, Sample, Interval, End> {
  /** Where it goes, such as `(text) => stdout.write(text)`. */
  write: (text: string) => void
  /** JSON lines `{"event":…,"data":…}` instead of text (`--json`). */
  json: boolean
  /** Whether the output is a terminal: only there `progress` shows anything. */
  live: boolean
  /** Without samples (`--quiet`). */
  quiet?: boolean
  texts: Texts<Start, Sample, Interval, End>
}

/** The four events of every client (the schemas are those of @sockyard/protocol/results). */
export interface Reporter<Start, Sample, Interval, End> {
  start(data: Start): void
  sample(data: Sample): void
  interval(data: Interval): void
  end(data: End): void
  /** Shows how it stands now in a line that the next call rewrites; only on a terminal. */
  progress(data: Interval): void
}

type EventName = 'start' | 'sample' | 'interval' | 'end'

/** Back to the first column and erase the line (ECMA-48 CR and EL). */
const ERASE_LINE = '\r\u001B[2K'
/** Without automatic wrap (DECAWM) a line wider than the terminal is cut, so that it stays one. */
const WRAP_OFF = '\u001B[?7l'
const WRAP_ON = '\u001B[?7h'

/**
 * Reports a measurement, for people or as JSON lines.
 *
 * @example
 * const reporter = createReporter({
 *   write: (text) => stdout.write(text),
 *   json: options.json,
 *   live: isTerminal,
 *   texts: echoPingTexts,
 * })
 * reporter.start({ … })
 */
export function createReporter<Start, Sample, Interval, End>(
  options: ReporterOptions<Start, Sample, Interval, End>,
): Reporter<Start, Sample, Interval, End> {
  const { write, json, texts, quiet = false } = options
  const live = options.live && !json
  let progress = ''

  const emit = <Data>(event: EventName, data: Data, text: (data: Data) => string): void => {
    if (json) write(`${JSON.stringify({ event, data })}\n`)
    else write(`${progress === '' ? '' : ERASE_LINE}${text(data)}\n${progress}`)
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
      const text = `${WRAP_OFF}${texts.interval(data)}${WRAP_ON}`
      write(`${progress === '' ? '' : ERASE_LINE}${text}`)
      progress = text
    },
  }
}
