import { assert, bigInt, property } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { decodeTime, encodeTime } from './index.ts'

const SECOND = 1_000_000_000n
const nanosAt = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n
const numberAt = (text: string): number => Buffer.from(encodeTime(nanosAt(text))).readUInt32BE()

test.each([
  ['1900-01-01T00:00:00Z', 0],
  ['1970-01-01T00:00:00Z', 2_208_988_800],
  ['1976-01-01T00:00:00Z', 2_398_291_200],
  ['1980-01-01T00:00:00Z', 2_524_521_600],
  ['1983-05-01T00:00:00Z', 2_629_584_000],
  ['2036-02-07T06:28:15Z', 0xffff_ffff],
  ['2036-02-07T06:28:16Z', 0],
  ['2036-02-07T06:28:17.999Z', 1],
])('%s is %i, as the examples of RFC 868 have it', (text, number) => {
  expect(numberAt(text)).toBe(number)
})

test('a moment comes back as its whole second, in any era, when the local clock is within 68 years', () => {
  const seconds = bigInt({ min: -2_208_988_800n, max: 20_000_000_000n })
  const nearby = bigInt({ min: -(2n ** 31n) + 2n, max: 2n ** 31n - 2n })
  assert(
    property(seconds, nearby, (at, difference) => {
      const decoded = decodeTime(encodeTime(at * SECOND + 5n), (at + difference) * SECOND + 7n)
      expect(decoded).toEqual({ ok: true, value: at * SECOND })
    }),
  )
})

test('right across the wrap of 2036, whichever side the local clock is on', () => {
  const before = nanosAt('2036-02-07T06:28:10Z')
  const after = nanosAt('2036-02-07T06:28:20Z')
  for (const pivot of [before, after])
    for (const moment of [before, after])
      expect(decodeTime(encodeTime(moment), pivot)).toEqual({ ok: true, value: moment })
})

test(
  'any bytes give a moment or a typed error',
  () => {
    expect(feedMutated([encodeTime(0n)], 1e5, takesAnything)).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function takesAnything(bytes: Uint8Array): void {
  expect(decodeTime(bytes, 0n).ok).toBe(bytes.length === 4)
}
