import { expect, test } from 'vitest'

import { median, ratios, spread } from './statistics.ts'

test('the median is the middle one, or between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('a round that failed has no part in median, lowest and highest', () => {
  expect(spread([5, null, 1, 3])).toEqual({ median: 3, min: 1, max: 5 })
  expect(spread([null])).toBeUndefined()
})

test('ratios are of the same round, and of no round in which one of the two failed', () => {
  expect(ratios([10, 30, null, 8], [5, null, 4, 2])).toEqual([2, 4])
  expect(ratios([1], [0])).toEqual([])
})
