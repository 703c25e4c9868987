import { assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { log2ToNanos, nanosToLog2, nanosToShort, shortToNanos } from './units.ts'

describe('the short format', () => {
  it.each([
    [0x0001_0000, 1_000_000_000n],
    [0x0000_8000, 500_000_000n],
    [0x0000_0001, 15_258n],
    [0xffff_ffff, 65_535_999_984_741n],
  ])('%i is %i ns', (short, nanos) => {
    expect(shortToNanos(short)).toBe(nanos)
    expect(nanosToShort(nanos)).toBe(short)
  })

  it('is rounded up, so that a dispersion is never stated too small', () => {
    expect(nanosToShort(1n)).toBe(1)
    expect(nanosToShort(15_259n)).toBe(2)
  })

  it('is at its largest from 65,536 s on', () => {
    expect(nanosToShort(10n ** 20n)).toBe(0xffff_ffff)
  })

  it('survives nanoseconds', () => {
    assert(
      property(integer({ min: 0, max: 0xffff_ffff }), (short) => {
        expect(nanosToShort(shortToNanos(short))).toBe(short)
      }),
    )
  })
})

describe('a power of two in seconds', () => {
  it.each([
    [0, 1_000_000_000n],
    [6, 64_000_000_000n],
    [-20, 953n],
    [-128, 0n],
  ])('%i is %i ns', (exponent, nanos) => {
    expect(log2ToNanos(exponent)).toBe(nanos)
  })

  it.each([
    [5_000_000_000n, 2],
    [64_000_000_000n, 6],
    [100n, -23],
  ])('%i ns is nearest to %i', (nanos, exponent) => {
    expect(nanosToLog2(nanos)).toBe(exponent)
  })

  it('exists for positive durations only', () => {
    expect(() => nanosToLog2(0n)).toThrow(RangeError)
  })
})
