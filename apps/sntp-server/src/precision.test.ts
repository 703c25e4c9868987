import { now } from '@sockyard/net/clock'
import { expect, it } from 'vitest'

import { measurePrecision } from './precision.ts'

it('is the least step of a clock between two readings', () => {
  const readings = [100n, 100n, 900n, 900n, 1_000n, 5_000n]
  expect(measurePrecision(() => readings.shift() ?? 5_000n)).toBe(100n)
})

it('is finer than a millisecond for the system clock', () => {
  expect(measurePrecision(now)).toBeLessThan(1_000_000n)
})
