import { assert, bigInt, property, integer } from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  fromNtpTimestamp,
  toNtpTimestamp,
  log2ToNanos,
  nanosToLog2,
  nanosToShort,
  shortToNanos,
  broadcastOffset,
  exchangeDelay,
  exchangeOffset,
} from './timestamp.ts'

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND

function at(text: string): bigint {
  return Temporal.Instant.from(text).epochNanoseconds
}

/** When era 1 begins. */
const ERA_1 = at('2036-02-07T06:28:16Z')

const moments = bigInt({ min: at('1970-01-01T00:00:00Z'), max: at('2200-01-01T00:00:00Z') })

describe('an NTP timestamp', () => {
  it.each([
    ['1900-01-01T00:00:01Z', 0x00000001_00000000n],
    ['1970-01-01T00:00:00Z', 0x83aa7e80_00000000n],
    ['2024-01-01T00:00:00.5Z', 0xe93c7f00_80000000n],
    ['2036-02-07T06:28:15Z', 0xffffffff_00000000n],
    ['2036-02-07T06:28:17Z', 0x00000001_00000000n],
  ])('of %s is as RFC 5905 has it', (text, raw) => {
    expect(toNtpTimestamp(at(text))).toBe(raw)
    expect(fromNtpTimestamp(raw, at(text))).toBe(at(text))
  })

  it('means nothing when it is zero', () => {
    expect(fromNtpTimestamp(0n, ERA_1)).toBeNull()
  })

  it('is never zero, not even for the instant era 1 begins', () => {
    expect(toNtpTimestamp(ERA_1)).toBe(1n)
    expect(fromNtpTimestamp(1n, ERA_1)).toBe(ERA_1)
  })

  it.each([-DAY, -1n, 0n, 1n, DAY])(
    'goes across 2036-02-07 06:28:16 UTC with the local clock %i ns from it',
    (difference) => {
      const pivot = ERA_1 + difference
      for (const moment of [ERA_1 - DAY, ERA_1 - SECOND, ERA_1, ERA_1 + SECOND, ERA_1 + DAY]) {
        expect(fromNtpTimestamp(toNtpTimestamp(moment), pivot)).toBe(moment)
      }
    },
  )

  it('is within 68 years of the local clock, before or after', () => {
    const raw = toNtpTimestamp(at('2030-01-01T00:00:00Z'))
    expect(fromNtpTimestamp(raw, at('2097-01-01T00:00:00Z'))).toBe(at('2030-01-01T00:00:00Z'))
    expect(fromNtpTimestamp(raw, at('2099-01-01T00:00:00Z'))).toBe(at('2166-02-07T06:28:16Z'))
  })

  it('keeps every nanosecond, with the local clock within 68 years', () => {
    const halfEra = 2n ** 31n * SECOND - SECOND
    const difference = bigInt({ min: -halfEra, max: halfEra })
    assert(
      property(moments, difference, (moment, away) => {
        expect(fromNtpTimestamp(toNtpTimestamp(moment), moment + away)).toBe(moment)
      }),
    )
  })

  it('means the same moment for any two pivots of one era', () => {
    const raws = bigInt({ min: 1n, max: 2n ** 64n - 1n })
    assert(
      property(raws, moments, bigInt({ min: 0n, max: SECOND }), (raw, pivot, more) => {
        const first = fromNtpTimestamp(raw, pivot) ?? 0n
        const second = fromNtpTimestamp(raw, pivot + more) ?? 0n
        expect([0n, 2n ** 32n * SECOND]).toContain(second - first)
      }),
    )
  })
})

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

/** The server is 1,000 ns ahead; the way there takes 70 ns, the server 30 ns, the way back 50 ns. */
const EXCHANGE = {
  originAt: 10_000n,
  receiveAt: 11_070n,
  transmitAt: 11_100n,
  destinationAt: 10_150n,
}

it('an exchange gives the offset, wrong by half of what the two ways differ', () => {
  expect(exchangeOffset(EXCHANGE)).toBe(1_010n)
})

it('an exchange gives the delay of both ways without the server', () => {
  expect(exchangeDelay(EXCHANGE)).toBe(120n)
})

it('a broadcast gives the offset once its delay is known', () => {
  expect(broadcastOffset({ transmitAt: 11_100n, receivedAt: 10_150n, delayNanos: 50n })).toBe(
    1_000n,
  )
})
