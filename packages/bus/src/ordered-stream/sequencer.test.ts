import { expect, test } from 'vitest'

import { Sequencer } from './sequencer.ts'

test('what comes out of order leaves in order, and once', () => {
  const sequencer = new Sequencer<string>(5)
  expect(sequencer.push(6, 'six')).toEqual([])
  expect(sequencer.push(8, 'eight')).toEqual([])
  expect(sequencer.missing(10)).toEqual([5, 7])
  expect(sequencer.push(5, 'five')).toEqual(['five', 'six'])
  expect(sequencer.push(6, 'six')).toEqual([])
  expect(sequencer.push(7, 'seven')).toEqual(['seven', 'eight'])
  expect(sequencer.hasGap).toBe(false)
})

test('a message that is known to exist is missing until it comes', () => {
  const sequencer = new Sequencer<string>(1)
  sequencer.exists(3)
  expect(sequencer.missing(2)).toEqual([1, 2])
  sequencer.push(1, 'one')
  sequencer.push(2, 'two')
  expect(sequencer.hasGap).toBe(true)
  expect(sequencer.push(3, 'three')).toEqual(['three'])
})

test('what exists no more is not waited for; what came of it is not lost', () => {
  const sequencer = new Sequencer<string>(1)
  sequencer.push(4, 'four')
  sequencer.push(6, 'six')
  expect(sequencer.skipTo(6)).toEqual(['four', 'six'])
  expect(sequencer.next).toBe(7)
})

test('while an early one is missing, only so many are kept; the rest is fetched later', () => {
  const sequencer = new Sequencer<number>(1)
  for (let each = 2; each <= 20_000; each += 1) sequencer.push(each, each)
  expect(sequencer.push(1, 1)).toHaveLength(10_001)
  expect(sequencer.missing(1)).toEqual([10_002])
})
