import { expect, test } from 'vitest'

import { DEFAULT_PROTOCOL_PARAMETERS } from '../association/protocol-parameters.ts'
import { RtoEstimate } from './rto-estimate.ts'

const estimate = () => new RtoEstimate({ ...DEFAULT_PROTOCOL_PARAMETERS, rtoMinimumMillis: 1 })

test('the first measurement R gives R + 4 · R / 2', () => {
  const rto = estimate()
  expect(rto.rto).toBe(1000)
  rto.measured(200)
  expect([rto.smoothed, rto.rto]).toEqual([200, 600])
})

test('further ones are smoothed by 1/8 and 1/4', () => {
  const rto = estimate()
  rto.measured(200)
  rto.measured(280)
  // Variation 3/4 · 100 + 1/4 · 80 = 95; smoothed 7/8 · 200 + 1/8 · 280 = 210.
  expect([rto.smoothed, rto.rto]).toEqual([210, 210 + 4 * 95])
})

test('it stays within its bounds, and doubles with each timeout', () => {
  const rto = new RtoEstimate(DEFAULT_PROTOCOL_PARAMETERS)
  rto.measured(1)
  expect(rto.rto).toBe(1000)
  const times = Array.from({ length: 8 }, () => {
    rto.backOff()
    return rto.rto
  })
  expect(times).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  rto.measured(1)
  expect(rto.rto).toBe(1000)
})
