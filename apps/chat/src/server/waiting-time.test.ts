import { expect, test } from 'vitest'

import { RateDelay } from './member.ts'

test('a flood with short breaks is one flood', () => {
  const waiting = new RateDelay()
  expect(waiting.begin(0)).toBe(true)
  waiting.end(500)
  expect(waiting.since).toBeUndefined()
  expect(waiting.begin(1_400)).toBe(false)
  expect(waiting.since).toBe(0)
})

test('after a second without one, the next is another', () => {
  const waiting = new RateDelay()
  waiting.begin(0)
  waiting.end(500)
  waiting.end(900)
  expect(waiting.begin(1_501)).toBe(true)
  expect(waiting.since).toBe(1_501)
})

test('an address whose lines were never delayed has no waiting time', () => {
  const waiting = new RateDelay()
  waiting.end(5)
  expect(waiting.since).toBeUndefined()
})
