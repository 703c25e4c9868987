import { describe, expect, it } from 'vitest'

import { packetWith } from '../packets.testing.ts'
import { OffsetEstimate } from './offset-estimate.ts'

const SECOND = 1_000_000_000n
const MICRO = 1_000n
const START = 1_772_366_400_000_000_000n
const ASSUMED = 4_000n * MICRO

function exchange(offsetNanos: bigint, delayNanos: bigint) {
  return { offsetNanos, delayNanos, uncertaintyNanos: delayNanos / 2n, packet: packetWith() }
}

/** A broadcast of second `second` by a clock `ahead` ns ahead that takes `delay` ns. */
function hear(estimate: OffsetEstimate, second: number, delay: bigint, ahead = 0n) {
  const sentAt = START + BigInt(second) * SECOND
  return estimate.add(sentAt + ahead, sentAt + delay, 0n)
}

describe('an offset', () => {
  it('is off by no more than the delay that was assumed', () => {
    const measured = hear(new OffsetEstimate(ASSUMED, SECOND), 0, 100n * MICRO)
    expect(measured).toEqual({ offsetNanos: 3_900n * MICRO, uncertaintyNanos: ASSUMED })
  })

  it('counts half of the exchange as the delay while few broadcasts were heard', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    hear(estimate, 0, 900n * MICRO)
    estimate.calibrate(exchange(0n, 200n * MICRO))
    const { offsetNanos, uncertaintyNanos } = hear(estimate, 1, 110n * MICRO)
    expect(offsetNanos).toBe(-10n * MICRO)
    // The first broadcast and the exchange did not agree, and which is right is not known.
    expect(uncertaintyNanos).toBe(100n * MICRO + 800n * MICRO + 800n * MICRO)
  })

  it('counts what the quickest broadcast lacks of the exchange as the delay, later on', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    for (const [second, delay] of [900n, 300n, 310n].entries())
      hear(estimate, second, delay * MICRO)
    estimate.calibrate(exchange(0n, 200n * MICRO))
    expect(estimate.measuredDelay).toBe(300n * MICRO)
    const { offsetNanos, uncertaintyNanos } = hear(estimate, 3, 305n * MICRO)
    expect(offsetNanos).toBe(-5n * MICRO)
    expect(uncertaintyNanos).toBeGreaterThanOrEqual(300n * MICRO)
  })

  it('is not moved far by one exchange that was held up', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    for (const second of [0, 1, 2]) hear(estimate, second, 300n * MICRO)
    for (const offset of [0n, 20n, 900n]) estimate.calibrate(exchange(offset * MICRO, 600n * MICRO))
    expect(estimate.measuredDelay).toBe(320n * MICRO)
    const { offsetNanos, uncertaintyNanos } = hear(estimate, 3, 300n * MICRO)
    expect(offsetNanos).toBe(20n * MICRO)
    expect(uncertaintyNanos).toBeGreaterThan(900n * MICRO)
  })

  it('is the same for a clock that is ahead', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    const ahead = 7n * SECOND
    for (const second of [0, 1, 2]) hear(estimate, second, 300n * MICRO, ahead)
    estimate.calibrate(exchange(ahead, 600n * MICRO))
    expect(hear(estimate, 3, 300n * MICRO, ahead).offsetNanos).toBe(ahead)
  })

  it('stays within its uncertainty when a broadcast is held up', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    hear(estimate, 0, 100n * MICRO)
    estimate.calibrate(exchange(0n, 200n * MICRO))
    const { offsetNanos, uncertaintyNanos } = hear(estimate, 1, 50_000n * MICRO)
    expect(offsetNanos).toBe(-49_900n * MICRO)
    expect(uncertaintyNanos).toBeGreaterThan(49_900n * MICRO)
    expect(uncertaintyNanos).toBeLessThan(51_000n * MICRO)
  })

  it('stays within its uncertainty when only the broadcasts of the exchange were quick', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    for (const second of [0, 4, 8]) hear(estimate, second, 200n * MICRO)
    estimate.calibrate(exchange(0n, 400n * MICRO))
    for (const second of [12, 16, 20, 24, 28, 32, 36, 40]) {
      const { offsetNanos, uncertaintyNanos } = hear(estimate, second, 725n * MICRO)
      expect(offsetNanos).toBe(-525n * MICRO)
      expect(uncertaintyNanos).toBeGreaterThanOrEqual(525n * MICRO)
    }
  })

  it('is not measured by an exchange that a step came before', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    for (const second of [0, 1, 2]) hear(estimate, second, 100n * MICRO)
    estimate.calibrate(exchange(10n * SECOND, 200n * MICRO))
    expect(estimate.measuredDelay).toBeNull()
    expect(hear(estimate, 3, 100n * MICRO).uncertaintyNanos).toBe(ASSUMED)
  })

  it('is not doubted for what came before a step', () => {
    const estimate = new OffsetEstimate(ASSUMED, SECOND)
    hear(estimate, 0, 100n * MICRO, 50n * SECOND)
    estimate.restart()
    expect(hear(estimate, 1, 100n * MICRO).uncertaintyNanos).toBe(ASSUMED)
  })
})
