import type { Kind, Sample } from './benchmark.ts'
import type { Machine } from './machine.ts'
import { spread, type Spread } from './statistics.ts'

/** What one contestant gave in one case. */
export interface Cell {
  case: string
  contestant: string
  kind: Kind
  /** One for each round; null where it failed. */
  samples: (Sample | null)[]
  /** Why it took no part, or what went wrong in the last round that failed. */
  reason?: string
}

export interface BenchmarkResult {
  name: string
  /** When it began, ISO 8601. */
  time: string
  rounds: number
  secondsEach: number
  cells: Cell[]
}

/** The file that a run writes, results.json. */
export interface Results {
  machine: Machine
  benchmarks: BenchmarkResult[]
}

export function findCell(
  result: BenchmarkResult | undefined,
  caseName: string,
  contestant: string,
): Cell | undefined {
  return result?.cells.find((cell) => cell.case === caseName && cell.contestant === contestant)
}

/** The values of a measure, one for each round; null where there is none. */
export function valuesOf(cell: Cell | undefined, measure: string): (number | null)[] {
  return cell?.samples.map((sample) => sample?.[measure] ?? null) ?? []
}

export function spreadOf(cell: Cell | undefined, measure: string): Spread | undefined {
  return spread(valuesOf(cell, measure))
}
