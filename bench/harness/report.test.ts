import { expect, test } from 'vitest'

import type { Benchmark } from './benchmark.ts'
import { parseCommandLine, UsageError } from './command-line.ts'
import { short } from './format.ts'
import { parseStat } from './process-tree.ts'
import { quote } from './quote-figures.ts'
import { leftOutLines, resultTable } from './result-table.ts'
import type { BenchmarkResult, Results } from './results.ts'
import { merge } from './write-out.ts'

const benchmark: Benchmark = {
  name: 'echo',
  title: 'Echo',
  about: '',
  baseline: 'C',
  measures: [{ name: 'rate', label: '/s', better: 'more' }],
  cases: ['busy'],
  contestants: [],
  chart: 'bars',
}

const result: BenchmarkResult = {
  name: 'echo',
  time: '2026-01-01T00:00:00Z',
  rounds: 2,
  secondsEach: 1,
  cells: [
    { case: 'busy', contestant: 'C', kind: 'native', samples: [{ rate: 100 }, { rate: 200 }] },
    { case: 'busy', contestant: 'ours', kind: 'ours', samples: [{ rate: 90 }, { rate: 160 }] },
    { case: 'busy', contestant: 'socat', kind: 'peer', samples: [], reason: 'not installed' },
  ],
}

test('the table shows medians with their range, and ratios to the baseline round by round', () => {
  const rows = resultTable(benchmark, result).split('\n')
  expect(rows.map((row) => row.replaceAll(/ +/g, ' '))).toEqual([
    '| | /s | / C |',
    '| -------- | -------------: | ----------------: |',
    '| **busy** | | |',
    '| C | 150 (100..200) | |',
    '| ours | 125 (90..160) | 0.85 (0.80..0.90) |',
  ])
  expect(new Set(rows.map(({ length }) => length)).size).toBe(1)
})

test('a figure whose rounds differ threefold and more is not published', () => {
  const samples = [{ rate: 3.9 }, { rate: 6659 }, { rate: 7344 }]
  const cell = { case: 'busy', contestant: 'ours', kind: 'ours', samples } as const
  const steady = { ...cell, contestant: 'C', samples: [{ rate: 10 }, { rate: 20 }, { rate: 29 }] }
  const table = resultTable(benchmark, {
    ...result,
    cells: [{ ...steady }, { ...cell, samples: [...samples] }],
  })
  expect(table).toContain('20 (10..29)')
  expect(table).not.toContain('6659')
  expect(table.match(/too variable/g)).toHaveLength(2)
})

test('a contestant that took no part is named with the reason', () => {
  expect(leftOutLines(result)).toEqual(['left out: socat: not installed'])
})

test('figures have three digits that count', () => {
  expect([0, 0.0123, 9.876, 1234, 12_345, 4_560_000].map(short)).toEqual([
    '0',
    '0.012',
    '9.88',
    '1234',
    '12.3 k',
    '4.56 M',
  ])
})

const machine: Results['machine'] = {
  processor: 'p',
  cores: 2,
  memoryGiB: 4,
  kernel: 'k',
  node: 'v26',
  compiler: 'cc',
}

test('a later run on the same machine replaces what it measured, and keeps the rest', () => {
  const before = { machine, benchmarks: [result, { ...result, name: 'chat' }] }
  const now = { machine, benchmarks: [{ ...result, rounds: 9 }] }
  const merged = merge(before, now)
  expect(merged.benchmarks.map(({ name, rounds }) => [name, rounds])).toEqual([
    ['chat', 2],
    ['echo', 9],
  ])
  expect(merge({ ...before, machine: { ...machine, cores: 64 } }, now)).toEqual(now)
})

test('a page with the markers of a benchmark gets its figures, and keeps its other text', () => {
  const text =
    'before\n<!-- bench echo -->\nold\n<!-- end -->\nafter <!-- bench nosuch -->\nx\n<!-- end -->'
  const results = { machine, benchmarks: [result] }
  const quoted = quote(text, results, [benchmark])
  expect(quoted).toMatch(
    /^before\n<!-- bench echo -->\n\n!\[Echo\][^]*\| C  [^]*<!-- end -->\nafter/,
  )
  expect(quoted).not.toContain('old')
  expect(quoted).toContain('<!-- bench nosuch -->\nx')
  expect(quote(quoted, results, [benchmark])).toBe(quoted)
})

test('processor time is of itself and of the children it waited for, whatever its name is', () => {
  const fields = ['S', '7', ...Array<string>(9).fill('0'), '100', '50', '25', '5', '20', '0', '3']
  expect(parseStat(`42 (a ) S (b) ${fields.join(' ')} 0`)).toEqual({
    parent: 7,
    threads: 3,
    cpuSeconds: 1.8,
    childrenSeconds: 0.3,
  })
})

function parse(...words: string[]) {
  return () => parseCommandLine(words, ['echo'])
}

test('an invalid command line is one line', () => {
  expect(parse('echo', '--rounds', '5')()).toMatchObject({ names: ['echo'], rounds: 5, seconds: 1 })
  expect(parse('nosuch')).toThrow(new UsageError('no benchmark is named nosuch; there are echo'))
  expect(parse('--rounds', '0')).toThrow('--rounds 0: must be a whole number, 1 to 100')
  expect(parse('--seconds', 'x')).toThrow('--seconds x: must be a number, 0.1 to 600')
  expect(parse('--nosuch')).toThrow(UsageError)
})
