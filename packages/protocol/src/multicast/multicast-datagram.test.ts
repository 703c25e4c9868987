import { assert, bigInt, integer, property, record, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { MalformedError } from '../parsed.ts'
import {
  decodeMulticastDatagram,
  encodeMulticastDatagram,
  MULTICAST_HEADER_BYTES,
} from './index.ts'

const u64 = bigInt({ min: 0n, max: 2n ** 64n - 1n })
const datagrams = record({
  sender: integer({ min: 0, max: 0xffff_ffff }),
  sequence: u64,
  sentAt: u64,
  payload: uint8Array({ maxLength: 200 }),
})
const example = {
  sender: 7,
  sequence: 2n ** 40n,
  sentAt: 1_800_000_000_123_456_789n,
  payload: new TextEncoder().encode('hi'),
}

test('a datagram comes back as it was', () => {
  assert(
    property(datagrams, (datagram) => {
      const bytes = encodeMulticastDatagram(datagram)
      expect(bytes.length).toBe(MULTICAST_HEADER_BYTES + datagram.payload.length)
      expect(decodeMulticastDatagram(bytes)).toEqual({ ok: true, value: datagram })
    }),
  )
})

test('the header is big-endian and stands as documented', () => {
  expect(encodeMulticastDatagram(example).toHex()).toBe(
    `53594d01000000070000010000000000${example.sentAt.toString(16)}6869`,
  )
})

test('a datagram can be read out of the middle of a larger buffer', () => {
  const large = new Uint8Array(100)
  large.set(encodeMulticastDatagram(example), 33)
  const bytes = large.subarray(33, 33 + MULTICAST_HEADER_BYTES + 2)
  expect(decodeMulticastDatagram(bytes)).toEqual({ ok: true, value: example })
})

test('the error for a datagram of another program names the wrong field', () => {
  const newer = encodeMulticastDatagram(example)
  newer[3] = 2
  expect(fieldOf(new TextEncoder().encode('hello'))).toBe('length')
  expect(fieldOf(new TextEncoder().encode('hello from another program, at length'))).toBe('magic')
  expect(fieldOf(newer)).toBe('version')
})

test('any bytes give a datagram or a typed error', () => {
  assert(property(uint8Array({ maxLength: 80 }), takesAnything))
})

test(
  '10^6 broken datagrams: nothing is thrown',
  () => {
    const seeds = [encodeMulticastDatagram(example), new TextEncoder().encode('plain text')]
    expect(feedMutated(seeds, 1e6, takesAnything)).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function takesAnything(bytes: Uint8Array): void {
  const result = decodeMulticastDatagram(bytes)
  if (!result.ok && !(result.error instanceof MalformedError)) throw result.error
}

function fieldOf(bytes: Uint8Array): string | undefined {
  const result = decodeMulticastDatagram(bytes)
  return result.ok ? undefined : result.error.field
}
