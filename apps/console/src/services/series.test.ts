import { expect, test } from 'vitest'

import { parseExposition } from './exposition.ts'
import { quantileOf, SeriesReader } from './series.ts'

/** What scrapes of these texts, a second apart, make in the end. */
function values(...texts: readonly string[]): Record<string, number> {
  const reader = new SeriesReader('a service')
  let last: Record<string, number> = {}
  for (const [index, text] of texts.entries()) {
    const read = reader.read(parseExposition(text), index * 1_000)
    last = Object.fromEntries(
      [...read].map(([{ name, labels, kind, unit }, value]) => [
        [name, JSON.stringify(labels), kind, unit].join(' '),
        value,
      ]),
    )
  }
  return last
}

function counter(count: number): string {
  return `# TYPE sockyard_x_total counter\nsockyard_x_total ${count}\n`
}

/** @param counts within 1, within 2, and in all */
function histogram(...counts: readonly number[]): string {
  const bounds = ['1', '2', '+Inf']
  const buckets = counts.map(
    (count, index) => `sockyard_rtt_seconds_bucket{le="${bounds[index]}"} ${count}\n`,
  )
  return `# TYPE sockyard_rtt_seconds histogram\n${buckets.join('')}`
}

test('a counter becomes a rate, from the second scrape on, also when the service was started anew', () => {
  expect(values(counter(5))).toEqual({})
  expect(values(counter(5), counter(12))).toEqual({ 'sockyard_x_total {} rate per second': 7 })
  expect(values(counter(5), counter(2))).toEqual({ 'sockyard_x_total {} rate per second': 2 })
})

test('a histogram becomes percentiles of what came since the scrape before', () => {
  expect(values(histogram(100, 100, 100), histogram(110, 120, 120))).toEqual({
    'sockyard_rtt_seconds {"quantile":"0.5"} quantile seconds': 1,
    'sockyard_rtt_seconds {"quantile":"0.9"} quantile seconds': 1.8,
    'sockyard_rtt_seconds {"quantile":"0.99"} quantile seconds': 1.98,
  })
  expect(values(histogram(100, 100, 100), histogram(100, 100, 100))).toEqual({})
})

test('a gauge stays what it is, and no value is none', () => {
  const text = '# TYPE process_open_fds gauge\nprocess_open_fds 7\nsockyard_y NaN\nforeign 1\n'
  expect(values(text)).toEqual({ 'process_open_fds {} gauge ': 7 })
})

test('of a service without bounds only so many series are kept', () => {
  const text = Array.from({ length: 1_000 }, (_, index) => `sockyard_z{n="${index}"} 1\n`).join('')
  expect(Object.keys(values(text))).toHaveLength(256)
})

test.each([
  [
    [
      [1, 0],
      [2, 10],
    ],
    0.5,
    1.5,
  ],
  [
    [
      [1, 10],
      [Infinity, 20],
    ],
    0.9,
    1,
  ],
  [[[1, 0]], 0.5, undefined],
  [[], 0.5, undefined],
] as const)('of the buckets %j the quantile %d is %d', (buckets, quantile, expected) => {
  expect(quantileOf(buckets, quantile)).toBe(expected)
})
