import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { crc32c, packetChecksum } from './crc32c.ts'

test('gives the published values of RFC 3720 appendix B.4', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
})

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

test('agrees with the definition, bit by bit, for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(crc32c(bytes)).toBe(bitByBit(bytes))
    }),
  )
})

test('sums a packet as if its checksum were zero', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 100 }), (packet) => {
      const zeroed = packet.slice().fill(0, 8, 12)
      expect(packetChecksum(packet)).toBe(crc32c(zeroed))
    }),
  )
})
