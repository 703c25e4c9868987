import { expect, test } from 'vitest'

import type { BenchmarkResult, Cell } from './results.ts'
import { judge, type LimitTarget, type RatioTarget } from './verdicts.ts'

function cell(contestant: string, rates: readonly (number | null)[]): Cell {
  const samples = rates.map((rate) => (rate === null ? null : { rate }))
  return { case: 'busy', contestant, kind: 'ours', samples }
}

function resultOf(...cells: Cell[]): BenchmarkResult[] {
  return [{ name: 'echo', time: '2026-01-01T00:00:00Z', rounds: 3, secondsEach: 1, cells }]
}

const common = { what: 'echo', benchmark: 'echo', measure: 'rate', cases: ['busy'] }
const ratio: RatioTarget = { ...common, of: ['slow', 'fast'], baseline: 'C', atLeast: 1.5 }
const limit: LimitTarget = { ...common, of: ['slow', 'fast'], atMost: 10 }

test('of several engines the best is compared, by the median of its ratios', () => {
  const results = resultOf(
    cell('C', [10, 20, 10]),
    cell('slow', [1, 1, 1]),
    cell('fast', [20, 20, 16]),
  )
  expect(judge(ratio, results)).toEqual([
    {
      what: 'echo',
      case: 'busy',
      wanted: '≥ 1.5',
      figure: '1.60 (1.00..2.00) fast',
      reached: 'reached',
    },
  ])
})

test('a ratio below the target is not reached', () => {
  const results = resultOf(cell('C', [10]), cell('fast', [14.9]))
  expect(judge(ratio, results)[0]?.reached).toBe('not reached')
})

test('under a limit it is the worst that counts', () => {
  const results = resultOf(cell('slow', [11]), cell('fast', [9]))
  expect(judge(limit, results)).toMatchObject([
    { figure: '11 (11..11) slow', reached: 'not reached' },
  ])
})

test('what was not run, and a baseline that failed, is not measured', () => {
  expect(judge(ratio, [])[0]?.reached).toBe('not measured')
  const results = resultOf(cell('C', [null]), cell('fast', [10]))
  expect(judge(ratio, results)[0]?.reached).toBe('not measured')
})
