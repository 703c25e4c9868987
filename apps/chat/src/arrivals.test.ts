import { expect, test } from 'vitest'

import { Arrivals } from './arrivals.ts'

const STORM = Array.from({ length: 1000 }, (_, index) => `otter-${index + 1}`)

test('a few arrivals and departures are told at once', () => {
  const arrivals = new Arrivals()
  expect(arrivals.joined('anna')).toBe('* anna joined')
  expect(arrivals.left('anna')).toBe('* anna left')
  expect(arrivals.endSecond()).toEqual([])
})

test('of a thousand who come and go in a second, six lines are said', () => {
  const arrivals = new Arrivals()
  const told = STORM.map((name) => arrivals.joined(name)).filter((line) => line !== undefined)
  const summary = arrivals.endSecond()
  expect(told).toHaveLength(5)
  expect(summary).toHaveLength(1)
  expect(summary[0]).toMatch(/^\* otter-6, otter-7, .* and 945 others joined$/)
})

test('who came and left before the summary is not worth a line', () => {
  const arrivals = new Arrivals()
  for (const name of STORM) arrivals.joined(name)
  for (const name of STORM.slice(5)) expect(arrivals.left(name)).toBeUndefined()
  expect(arrivals.endSecond()).toEqual([])
})

test('the summary knows the name that somebody took in the meantime', () => {
  const arrivals = new Arrivals()
  for (const name of STORM.slice(0, 6)) arrivals.joined(name)
  arrivals.renamed('otter-6', 'anna')
  expect(arrivals.endSecond()).toEqual(['* anna joined'])
})

test('each second has its own five', () => {
  const arrivals = new Arrivals()
  for (const name of STORM) arrivals.joined(name)
  arrivals.endSecond()
  expect(arrivals.left('otter-1')).toBe('* otter-1 left')
})
