import { assert, bigInt, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { fromNtpTimestamp, toNtpTimestamp } from './timestamp.ts'

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

  it('keeps every nanosecond, whatever the local clock says within 68 years', () => {
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
