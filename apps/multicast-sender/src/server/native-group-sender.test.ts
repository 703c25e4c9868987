import { expect, it } from 'vitest'

import { sentRanges } from './native-group-sender.ts'

it.each([
  ['all', [], [[100, 10]]],
  ['none', [[0, 10]], []],
  ['all but the first', [[0, 1]], [[101, 9]]],
  ['all but the last', [[9, 1]], [[100, 9]]],
  [
    'some',
    [
      [2, 3],
      [2, 1],
      [4, 1],
    ],
    [
      [100, 2],
      [106, 2],
      [109, 1],
    ],
  ],
])('%s of ten', (_, refused, sent) => {
  const refusals = refused.map(([taken = 0, datagrams = 0]) => ({ taken, datagrams }))
  const ranges = sentRanges({ first: 100, count: 10 }, refusals)
  expect(ranges.map(({ first, count }) => [first, count])).toEqual(sent)
})
