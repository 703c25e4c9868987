import { expect, it } from 'vitest'

import { openPreciseClock } from './clock.ts'

it('sleeps fractions of a millisecond, in real time', async () => {
  using clock = openPreciseClock()
  const began = clock.now()
  for (let turn = 0; turn < 20; turn++) await clock.sleep(0.2)
  expect(clock.now() - began).toBeGreaterThanOrEqual(4)
})

it('wakes when it is aborted, and at once when it was aborted before', async () => {
  using clock = openPreciseClock()
  const stop = new AbortController()
  setImmediate(() => stop.abort())
  await clock.sleep(3_600_000, stop.signal)
  await clock.sleep(3_600_000, stop.signal)
  expect(stop.signal.aborted).toBe(true)
})

it('lets other work be done when it does not sleep at all', async () => {
  using clock = openPreciseClock()
  let turns = 0
  setImmediate(() => turns++)
  await clock.sleep(0)
  expect(turns).toBe(1)
})
