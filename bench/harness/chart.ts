import { barChart } from './bar-chart.ts'
import type { Benchmark } from './benchmark.ts'
import { lineChart } from './line-chart.ts'
import { type BenchmarkResult, findCell, spreadOf } from './results.ts'

/** The first measure of a benchmark as a chart (SVG). */
export function drawChart(benchmark: Benchmark, result: BenchmarkResult): string {
  return benchmark.chart === 'lines' ? lines(benchmark, result) : bars(benchmark, result)
}

function bars({ title, measures, cases, contestants }: Benchmark, result: BenchmarkResult): string {
  const [{ name: measure, label }] = measures
  const groups = cases.map((name) => ({
    name,
    bars: contestants.flatMap((contestant) => {
      const value = spreadOf(findCell(result, name, contestant.name), measure)
      return value === undefined ? [] : [{ name: contestant.name, value }]
    }),
  }))
  return barChart({ title, label, groups: groups.filter((group) => group.bars.length > 0) })
}

function lines(
  { title, measures, cases, contestants }: Benchmark,
  result: BenchmarkResult,
): string {
  const [{ name: measure, label }] = measures
  const series = contestants.map((contestant) => ({
    name: contestant.name,
    values: cases.map((name) => spreadOf(findCell(result, name, contestant.name), measure)?.median),
  }))
  const known = series.filter(({ values }) => values.some((value) => value !== undefined))
  return lineChart({ title, label, positions: cases, series: known })
}
