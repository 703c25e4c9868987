import { expect, test } from 'vitest'

import { ticks } from './axis.ts'
import { barChart } from './bar-chart.ts'
import { lineChart } from './line-chart.ts'

const spread = (median: number) => ({ median, min: median / 2, max: median * 2 })

/** The widths of the bars, in the order in which they are drawn. */
function widths(svg: string): number[] {
  return [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width))
}

test('the axis begins at 0, has round steps, and holds the highest value', () => {
  expect(ticks(183_000)).toEqual([0, 50_000, 100_000, 150_000, 200_000])
  expect(ticks(0.7)).toHaveLength(5)
  expect(ticks(0)).toEqual([0, 1])
  for (const highest of [1, 3, 9.99, 42, 1e6]) {
    expect(ticks(highest).at(-1)).toBeGreaterThanOrEqual(highest)
    expect(ticks(highest).length).toBeLessThanOrEqual(8)
  }
})

test('a bar is as long as its median', () => {
  const bars = [
    { name: 'A', value: spread(100) },
    { name: 'B', value: spread(50) },
  ]
  const svg = barChart({ title: 'Echo', label: '/s', groups: [{ name: 'busy', bars }] })
  const [first = 0, second = 0] = widths(svg)
  expect(first / second).toBeCloseTo(2)
})

test('a contestant has one colour in every group, and no text can break the drawing', () => {
  const bars = [{ name: '<A & B>', value: spread(1) }]
  const groups = ['one', 'two'].map((name) => ({ name, bars }))
  const svg = barChart({ title: 'a < b', label: '', groups })
  expect(
    new Set([...svg.matchAll(/<rect [^>]*fill="([^"]+)"/g)].map(([, fill]) => fill)).size,
  ).toBe(1)
  expect(svg).toContain('&lt;A &amp; B&gt;')
  expect(svg).not.toContain('<A')
})

test('a line leaves out what was not measured', () => {
  const series = [{ name: 'A', values: [0, undefined, 4] }]
  const svg = lineChart({ title: 'Loss', label: '%', positions: ['1', '2', '3'], series })
  expect(svg.match(/<circle/g)).toHaveLength(2)
})

test('of many points none has a dot, and an empty position no label', () => {
  const values = Array.from({ length: 60 }, (_, index) => index)
  const positions = values.map((index) => (index % 20 === 0 ? String(index) : ''))
  const svg = lineChart({ title: 'Heap', label: 'MB', positions, series: [{ name: 'A', values }] })
  expect(svg).not.toContain('<circle')
  expect(svg).not.toMatch(/<text[^>]*><\/text>/)
})
