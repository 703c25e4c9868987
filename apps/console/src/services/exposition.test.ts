import { expect, test } from 'vitest'

import { parseExposition } from './exposition.ts'

test('counters, gauges and histograms are read with their labels', () => {
  const text = `# HELP a_total Things
# TYPE a_total counter
a_total{direction="received"} 3
a_total{direction="sent"} 4.5e3 1700000000000
# TYPE b gauge
b -1
# TYPE c_seconds histogram
c_seconds_bucket{le="0.1"} 1
c_seconds_bucket{le="+Inf"} 2
c_seconds_sum 0.7
c_seconds_count 2
`
  expect(parseExposition(text)).toEqual([
    {
      name: 'a_total',
      type: 'counter',
      samples: [
        { name: 'a_total', labels: { direction: 'received' }, value: 3 },
        { name: 'a_total', labels: { direction: 'sent' }, value: 4500 },
      ],
    },
    { name: 'b', type: 'gauge', samples: [{ name: 'b', labels: {}, value: -1 }] },
    {
      name: 'c_seconds',
      type: 'histogram',
      samples: [
        { name: 'c_seconds_bucket', labels: { le: '0.1' }, value: 1 },
        { name: 'c_seconds_bucket', labels: { le: '+Inf' }, value: 2 },
        { name: 'c_seconds_sum', labels: {}, value: 0.7 },
        { name: 'c_seconds_count', labels: {}, value: 2 },
      ],
    },
  ])
})

test('escapes in labels are undone, and commas and braces may stand in them', () => {
  const [family] = parseExposition(String.raw`m{a="x\"y\\z\n",b="{,}"} 1`)
  expect(family?.samples[0]?.labels).toEqual({ a: 'x"y\\z\n', b: '{,}' })
})

test.each(['m{a="x} 1', 'm{a=x} 1', 'm one', 'm', '1m 1', 'm{} 0x10', '<html>'])(
  'a line that is none of the format is left out: %s',
  (line) => {
    expect(parseExposition(`${line}\nok 1\n`).map(({ name }) => name)).toEqual(['ok'])
  },
)

test('infinities and NaN are numbers', () => {
  const values = parseExposition('a +Inf\nb -Inf\nc NaN\n').map(({ samples }) => samples[0]?.value)
  expect(values).toEqual([Infinity, -Infinity, NaN])
})

test('more samples than may be are left out', () => {
  const text = Array.from({ length: 20 }, (_, index) => `m${index} 1\n`).join('')
  expect(parseExposition(text, 7)).toHaveLength(7)
})

// At a cost of the square of its length a line would take hours.
test.each([
  ['spaces', `a${' '.repeat(4_000_000)}x y z`],
  ['digits', `a ${'1'.repeat(4_000_000)}x`],
  ['braces', `a{${'} '.repeat(2_000_000)}x y z`],
  ['short lines of spaces', `a${' '.repeat(16_000)}x y z\n`.repeat(250)],
  ['short lines of digits', `a ${'1'.repeat(16_000)}x\n`.repeat(250)],
  ['types', Array.from({ length: 150_000 }, (_, index) => `# TYPE a${index} counter`).join('\n')],
])('4 MB of %s are read in no time, and what comes behind them too', (_what, text) => {
  const families = parseExposition(`${text}\nb 1\n`)
  expect(families.length).toBeLessThanOrEqual(5_001)
  expect(families.flatMap(({ samples }) => samples)).toEqual([{ name: 'b', labels: {}, value: 1 }])
})
