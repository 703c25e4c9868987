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
  return createClockStatus({ ...options, ...changes }, START, 400n)(START).referenceIdRaw
}

describe('what the server says of its clock', () => {
  it('is unsynchronised when nobody vouches for it: leap 3, stratum 0 on the wire, no reference', () => {
    const status = createClockStatus({ ...options, stratum: undefined }, START, 400n)(START)
    expect(status).toMatchObject({ leap: 3, stratum: 0, referenceIdRaw: 0, referenceRaw: 0n })
  })

  it('is off by what was configured and its precision at first, and by 15 ppm more as time goes', () => {
    const statusAt = createClockStatus(options, START, 400n)
    expect(statusAt(START).rootDispersionNanos).toBe(10_000_400n)
    expect(statusAt(START + DAY).rootDispersionNanos).toBe(10_000_400n + 1_296_000_000n)
  })

  it('does not grow when something keeps the clock right, nor shrink when it is set back', () => {
    const kept = createClockStatus({ ...options, drift: 0 }, START, 400n)
    expect(kept(START + DAY).rootDispersionNanos).toBe(10_000_400n)
    const drifting = createClockStatus(options, START, 400n)
    expect(drifting(START - DAY).rootDispersionNanos).toBe(10_000_400n)
  })

  it('names the local clock as ntpd and chrony do, by stratum, unless told', () => {
    expect(referenceOf({ stratum: 1 })).toBe(0x4c4f_434c)
    expect(referenceOf({ stratum: 2 })).toBe(0x7f7f_0101)
    expect(referenceOf({ referenceId: 'GPS' })).toBe(0x4750_5300)
  })

  it('has a precision of the power of two that its grain is', () => {
    expect(createClockStatus(options, START, 400n)(START).precision).toBe(-21)
  })
})
