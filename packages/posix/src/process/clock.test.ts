import { expect, it } from 'vitest'

import { monotonicNanoseconds, realtimeNanoseconds } from './clock.ts'

it('is the time of day', () => {
  const before = Temporal.Now.instant().epochNanoseconds
  const now = realtimeNanoseconds()
  const after = Temporal.Now.instant().epochNanoseconds
  expect(now >= before - 1_000n && now <= after + 1_000n).toBe(true)
})

it('is the clock of hrtime', () => {
  const before = process.hrtime.bigint()
  const now = monotonicNanoseconds()
  expect(now >= before && now <= process.hrtime.bigint()).toBe(true)
})
