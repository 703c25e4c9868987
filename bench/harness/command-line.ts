import { parseArgs } from 'node:util'

export interface BenchOptions {
  names: string[]
  list: boolean
  help: boolean
  rounds: number
  /** How long each run measures. */
  seconds: number
  /** Where the page and its folder of charts and figures go. */
  out: string
}

/** A command line that can't be; the message says what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `pnpm bench [NAME ...]    all benchmarks, or those named
  --list            what there is
  --rounds COUNT    rounds of each, A B A B (3)
  --seconds SECONDS how long each run measures (1)
  --out FOLDER      for benchmarks.md, figures and charts (bench/results)
`

/** @throws {UsageError} */
export function parseCommandLine(words: string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parsed(words)
  const stranger = positionals.find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new UsageError(`no benchmark is named ${stranger}; there are ${known.join(', ')}`)
  return {
    names: positionals,
    list: values.list,
    help: values.help,
    rounds: within('rounds', values.rounds, { min: 1, max: 100, whole: true }),
    seconds: within('seconds', values.seconds, { min: 0.1, max: 600, whole: false }),
    out: values.out,
  }
}

function parsed(words: string[]) {
  try {
    return parseArgs({
      // pnpm hands over a -- that was meant for itself.
      args: words.filter((word) => word !== '--'),
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '1' },
        out: { type: 'string', default: 'bench/results' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

interface Bounds {
  min: number
  max: number
  whole: boolean
}

function within(name: string, text: string, { min, max, whole }: Bounds): number {
  const value = Number(text)
  const right = value >= min && value <= max && (!whole || Number.isInteger(value))
  if (!right || text.trim() === '')
    throw new UsageError(
      `--${name} ${text}: must be a${whole ? ' whole' : ''} number, ${min} to ${max}`,
    )
  return value
}
