import { short } from './format.ts'
import { type BenchmarkResult, findCell, spreadOf, valuesOf } from './results.ts'
import { isSteady, ratios, type Spread, spread } from './statistics.ts'

interface InBenchmark {
  /** The target, as the table shows it. */
  what: string
  benchmark: string
  measure: string
  cases: readonly string[]
  /** The contestants of which the best counts (a ratio), or the worst (a limit). */
  of: readonly string[]
}

/** The best of ours over a baseline, round by round. */
export interface RatioTarget extends InBenchmark {
  baseline: string
  atLeast: number
}

/** A figure that none of them may pass. */
export interface LimitTarget extends InBenchmark {
  atMost: number
}

export type Target = RatioTarget | LimitTarget

export interface Verdict {
  what: string
  case: string
  wanted: string
  /** The figure and whose it is; a reason where there is none. */
  figure: string
  reached: 'reached' | 'not reached' | 'not measured'
}

interface Figure {
  contestant: string
  found: Spread
}

/** What became of a target, case by case. */
export function judge(target: Target, results: readonly BenchmarkResult[]): Verdict[] {
  const result = results.find(({ name }) => name === target.benchmark)
  return target.cases.map((name) => {
    const figures = target.of.flatMap((contestant) => figureOf(target, result, name, contestant))
    return verdict(target, name, highest(figures))
  })
}

function figureOf(
  target: Target,
  result: BenchmarkResult | undefined,
  name: string,
  contestant: string,
): Figure[] {
  const cell = findCell(result, name, contestant)
  const found =
    'atLeast' in target
      ? spread(
          ratios(
            valuesOf(cell, target.measure),
            valuesOf(findCell(result, name, target.baseline), target.measure),
          ),
        )
      : spreadOf(cell, target.measure)
  return found === undefined ? [] : [{ contestant, found }]
}

/** Of ratios the best, of figures under a limit the worst: both are the highest. */
function highest(figures: readonly Figure[]): Figure | undefined {
  return figures.toSorted((a, b) => b.found.median - a.found.median)[0]
}

function verdict(target: Target, name: string, chosen: Figure | undefined): Verdict {
  const isRatio = 'atLeast' in target
  const wanted = isRatio ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`
  const base = { what: target.what, case: name, wanted }
  if (chosen === undefined) return { ...base, figure: '', reached: 'not measured' }
  if (isRatio && !isSteady(chosen.found))
    return { ...base, figure: 'too variable', reached: 'not measured' }
  const { median, min, max } = chosen.found
  const digits = isRatio ? (value: number) => value.toFixed(2) : short
  const holds = isRatio ? median >= target.atLeast : median <= target.atMost
  return {
    ...base,
    figure: `${digits(median)} (${digits(min)}..${digits(max)}) ${chosen.contestant}`,
    reached: holds ? 'reached' : 'not reached',
  }
}
