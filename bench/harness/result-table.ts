import type { Benchmark, Measure } from './benchmark.ts'
import { short } from './format.ts'
import { type BenchmarkResult, type Cell, findCell, spreadOf, valuesOf } from './results.ts'
import { isSteady, ratios, type Spread, spread } from './statistics.ts'
import { markdownTable } from './table.ts'

/** All cells of a benchmark: medians, lowest and highest of the first measure, ratios to the baseline. */
export function resultTable(benchmark: Benchmark, result: BenchmarkResult): string {
  const [first, ...others] = benchmark.measures
  const compared = benchmark.baseline === undefined ? [] : [`/ ${benchmark.baseline}`]
  const head = ['', first.label, ...compared, ...others.map(({ label }) => label)]
  return markdownTable(
    head,
    benchmark.cases.flatMap((name) => [
      [`**${name}**`],
      ...result.cells
        .filter((cell) => cell.case === name && cell.samples.some((sample) => sample !== null))
        .map((cell) => row(benchmark, result, cell)),
    ]),
  )
}

function row(benchmark: Benchmark, result: BenchmarkResult, cell: Cell): string[] {
  const [first, ...others] = benchmark.measures
  const compared = benchmark.baseline === undefined ? [] : [ratioText(benchmark, result, cell)]
  return [
    cell.contestant,
    withRange(spreadOf(cell, first.name), short),
    ...compared,
    ...others.map((measure) => medianText(cell, measure)),
  ]
}

function ratioText({ baseline = '', measures }: Benchmark, result: BenchmarkResult, cell: Cell) {
  if (cell.contestant === baseline) return ''
  const other = findCell(result, cell.case, baseline)
  const { name } = measures[0]
  return withRange(spread(ratios(valuesOf(cell, name), valuesOf(other, name))), ratioFigure)
}

function ratioFigure(ratio: number): string {
  return ratio.toFixed(2)
}

function medianText(cell: Cell, { name }: Measure): string {
  const found = spreadOf(cell, name)
  return found === undefined ? '' : short(found.median)
}

function withRange(found: Spread | undefined, figure: (value: number) => string): string {
  if (found === undefined) return ''
  if (!isSteady(found)) return 'too variable'
  return `${figure(found.median)} (${figure(found.min)}..${figure(found.max)})`
}

/** A line for each contestant that took no part, or failed, with the reason; several cases in one. */
export function leftOutLines({ cells }: BenchmarkResult): string[] {
  const told = cells.filter(({ reason }) => reason !== undefined)
  const groups = Map.groupBy(told, ({ contestant, reason }) => `${contestant}\n${reason}`)
  return [...groups.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const names = [first, ...more].map((cell) => cell.case)
    const all = names.length === cells.filter((cell) => cell.contestant === first.contestant).length
    const what = first.samples.length === 0 ? 'left out' : 'failed'
    return [`${what}: ${first.contestant}${all ? '' : ` (${names.join(', ')})`}: ${first.reason}`]
  })
}
