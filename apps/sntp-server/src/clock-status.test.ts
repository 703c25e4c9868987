import { toNtpTimestamp } from '@sockyard/protocol/ntp'
import { describe, expect, it } from 'vitest'

import { createClockStatus } from './clock-status.ts'

const START = 1_772_366_400_000_000_000n
const DAY = 86_400_000_000_000n
const options = {
  stratum: 3,
  referenceId: undefined,
  rootDelay: 5,
  rootDispersion: 10,
  drift: 15,
}

function referenceOf(changes: object): number {
  return createClockStatus({ ...options, ...changes }, 400n)(START, 0n).referenceIdRaw
}

describe('the announced clock status', () => {
  it('is unsynchronised without --stratum: leap 3, stratum 0 on the wire, no reference', () => {
    const status = createClockStatus({ ...options, stratum: undefined }, 400n)(START, 0n)
    expect(status).toMatchObject({ leap: 3, stratum: 0, referenceIdRaw: 0, referenceRaw: 0n })
  })

  it('is off by what was configured and its precision at first, and by 15 ppm more as time goes', () => {
    const statusAt = createClockStatus(options, 400n)
    expect(statusAt(START, 0n).rootDispersionNanos).toBe(10_000_400n)
    expect(statusAt(START + DAY, DAY).rootDispersionNanos).toBe(10_000_400n + 1_296_000_000n)
  })

  it('does not grow when something keeps the clock right', () => {
    const kept = createClockStatus({ ...options, drift: 0 }, 400n)
    expect(kept(START + DAY, DAY).rootDispersionNanos).toBe(10_000_400n)
  })

  it('takes no step of the clock for drift, and moves the reference time with it', () => {
    const statusAt = createClockStatus(options, 400n)
    for (const step of [60n * DAY, -60n * DAY]) {
      const status = statusAt(START + step + DAY, DAY)
      expect(status.rootDispersionNanos).toBe(10_000_400n + 1_296_000_000n)
      expect(status.referenceRaw).toBe(toNtpTimestamp(START + step))
    }
  })

  it('by default names the local clock as ntpd and chrony do, by stratum', () => {
    expect(referenceOf({ stratum: 1 })).toBe(0x4c4f_434c)
    expect(referenceOf({ stratum: 2 })).toBe(0x7f7f_0101)
    expect(referenceOf({ referenceId: 'GPS' })).toBe(0x4750_5300)
  })

  it('has a precision of the power of two that its grain is', () => {
    expect(createClockStatus(options, 400n)(START, 0n).precision).toBe(-21)
  })
})
