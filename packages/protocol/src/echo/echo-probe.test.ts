import { assert, property, bigInt, integer, record, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { MalformedError } from '../parsed.ts'
import {
  decodeEchoProbe,
  ECHO_HEADER_BYTES,
  encodeEchoProbe,
  encodeEchoProbeInto,
  verifyPadding,
} from './index.ts'

const u32 = integer({ min: 0, max: 0xffff_ffff })
const probes = record({
  session: u32,
  sequence: u32,
  sentAt: bigInt({ min: 0n, max: 2n ** 64n - 1n }),
})
const sizes = integer({ min: ECHO_HEADER_BYTES, max: 65_507 })
const example = { session: 7, sequence: 1, sentAt: 1_800_000_000_123_456_789n }

test('a probe comes back as it was, at every size a datagram can have', () => {
  assert(
    property(probes, sizes, (probe, size) => {
      const bytes = encodeEchoProbe(probe, size)
      expect(bytes.length).toBe(size)
      expect(decodeEchoProbe(bytes)).toEqual({ ok: true, value: probe })
      expect(verifyPadding(bytes)).toBe(true)
    }),
  )
})

test('the header is big-endian and stands as documented', () => {
  expect(Buffer.from(encodeEchoProbe(example, ECHO_HEADER_BYTES)).toString('hex')).toBe(
    `535945010000000700000001${example.sentAt.toString(16)}`,
  )
})

test('a probe can be written into the middle of a larger buffer, and nothing around it changes', () => {
  const large = new Uint8Array(100).fill(0xaa)
  const written = encodeEchoProbeInto(example, large.subarray(10, 90))
  expect(written).toEqual(encodeEchoProbe(example, 80))
  expect(large.subarray(0, 10)).toEqual(new Uint8Array(10).fill(0xaa))
  expect(large.subarray(90)).toEqual(new Uint8Array(10).fill(0xaa))
})

test('one wrong bit anywhere in the padding is seen', () => {
  assert(
    property(probes, sizes, u32, integer({ min: 0, max: 7 }), (probe, size, place, bit) => {
      const bytes = encodeEchoProbe(probe, size + 1)
      const index = ECHO_HEADER_BYTES + (place % (bytes.length - ECHO_HEADER_BYTES))
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
      expect(verifyPadding(bytes)).toBe(false)
    }),
  )
})

test("another probe's padding behind a good header is seen", () => {
  const bytes = encodeEchoProbe(example, 64)
  const other = encodeEchoProbe({ ...example, sequence: 2 }, 64)
  bytes.set(other.subarray(ECHO_HEADER_BYTES), ECHO_HEADER_BYTES)
  expect(verifyPadding(bytes)).toBe(false)
})

test('a size below the header is a RangeError', () => {
  expect(() => encodeEchoProbe(example, ECHO_HEADER_BYTES - 1)).toThrow(RangeError)
  expect(() => encodeEchoProbeInto(example, new Uint8Array(3))).toThrow(RangeError)
})

test('the error for malformed bytes names the wrong field', () => {
  const newer = encodeEchoProbe(example, 64)
  newer[3] = 2
  expect(fieldOf(new Uint8Array(19))).toBe('length')
  expect(fieldOf(new Uint8Array(64))).toBe('magic')
  expect(fieldOf(newer)).toBe('version')
  expect(verifyPadding(newer)).toBe(false)
})

test('any bytes give a probe or a typed error', () => {
  assert(property(uint8Array({ maxLength: 80 }), takesAnything))
})

test(
  '10^6 broken probes: nothing is thrown, and each takes far less than a millisecond',
  () => {
    const seeds = [encodeEchoProbe(example, 20), encodeEchoProbe(example, 64)]
    expect(feedMutated(seeds, 1e6, takesAnything)).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function takesAnything(bytes: Uint8Array): void {
  const result = decodeEchoProbe(bytes)
  if (!result.ok && !(result.error instanceof MalformedError)) throw result.error
  if (verifyPadding(bytes) && !result.ok) throw new Error('padding was good without a header')
}

function fieldOf(bytes: Uint8Array): string | undefined {
  const result = decodeEchoProbe(bytes)
  return result.ok ? undefined : result.error.field
}
