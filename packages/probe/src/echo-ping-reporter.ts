import { echoPingTexts } from './echo-ping-texts.ts'
import { createReporter } from './reporter.ts'
import type { RoundTripTotals } from './round-trip-totals.ts'

/** With more, a line for each probe would be a flood; there is one for each second instead. */
const MAXIMUM_SAMPLES_PER_SECOND = 20
const REPORT_MILLIS = 1000

export interface EchoPingReporterOptions {
  /** Where it goes, such as `(text) => stdout.write(text)`. */
  write: (text: string) => void
  /** JSON lines instead of text (`--json`). */
  json: boolean
  /** Whether the output is a terminal: only there is a live line. */
  isTerminal: boolean
  /** Only the beginning and the end (`--quiet`). */
  quiet: boolean
  /** All connections together; Infinity for as fast as answers come. */
  probesPerSecond: number
  totals: RoundTripTotals
}

type EchoPingReporter = ReturnType<typeof reporterOf> & {
  /** Begins to report each second; ends with what is returned. */
  eachSecond(): Disposable
}

/**
 * What `ping` of the echo clients says, and how often: a line for each probe while they are few, otherwise one
 * a second; on a terminal also how it stands, in a line that is rewritten.
 */
export function createEchoPingReporter(options: EchoPingReporterOptions): EchoPingReporter {
  const { quiet, totals } = options
  const manyProbes = options.probesPerSecond > MAXIMUM_SAMPLES_PER_SECOND
  const reporter = reporterOf(options, quiet || manyProbes)
  const report = (): void => {
    if (manyProbes && !quiet) reporter.interval(totals.takeInterval())
    reporter.progress(totals.total())
  }
  return {
    ...reporter,
    eachSecond: () => {
      const timer = setInterval(report, REPORT_MILLIS)
      return { [Symbol.dispose]: () => clearInterval(timer) }
    },
  }
}

function reporterOf(options: EchoPingReporterOptions, withoutSamples: boolean) {
  const { write, json, isTerminal, quiet } = options
  return createReporter({
    write,
    json,
    live: isTerminal && !quiet,
    quiet: withoutSamples,
    texts: echoPingTexts,
  })
}
