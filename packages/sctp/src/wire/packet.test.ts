import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { chunk } from '../testing/chunks.testing.ts'
import { decodePacket, encodePacket } from './packet.ts'

const packet = fc.record({
  sourcePort: fc.nat(0xffff),
  destinationPort: fc.nat(0xffff),
  verificationTag: fc.nat(0xffffffff),
  chunks: fc.array(chunk, { minLength: 1, maxLength: 6 }),
})

test('every packet that is built is read back as it was', () => {
  fc.assert(
    fc.property(packet, (original) => {
      const decoded = decodePacket(encodePacket(original))
      expect(decoded.ok && decoded.value).toEqual(original)
    }),
    { numRuns: 1000 },
  )
})

test('one changed bit is detected', () => {
  fc.assert(
    fc.property(packet, fc.nat(), (original, bit) => {
      const bytes = encodePacket(original).slice()
      const at = bit % (bytes.length * 8)
      bytes[at >>> 3] = (bytes[at >>> 3] ?? 0) ^ (1 << (at & 7))
      expect(decodePacket(bytes).ok).toBe(false)
    }),
  )
})

test('a datagram full of the smallest chunks or parameters is discarded', () => {
  const header = { sourcePort: 1, destinationPort: 2, verificationTag: 3 }
  const chunks = Array.from({ length: 16_000 }, () => ({ kind: 'cookie-ack' as const }))
  expect(decodePacket(encodePacket({ ...header, chunks })).ok).toBe(false)
  const causes = Array.from({ length: 16_000 }, () => ({ code: 1, information: new Uint8Array(0) }))
  const error = { kind: 'error' as const, causes }
  expect(decodePacket(encodePacket({ ...header, chunks: [error] })).ok).toBe(false)
})

test('a packet is a multiple of four bytes long, its padding zero', () => {
  const cookie = Uint8Array.from([1])
  const bytes = encodePacket({
    sourcePort: 1,
    destinationPort: 2,
    verificationTag: 3,
    chunks: [{ kind: 'cookie-echo', cookie }, { kind: 'cookie-ack' }],
  })
  expect(bytes.length).toBe(12 + 8 + 4)
  expect([...bytes.subarray(12)]).toEqual([10, 0, 0, 5, 1, 0, 0, 0, 11, 0, 0, 4])
})

test.each([
  ['nothing', 0],
  ['a header without a chunk', 12],
  ['half a chunk header', 14],
])('%s is malformed', (_what, length) => {
  const decoded = decodePacket(new Uint8Array(length))
  expect(decoded.ok ? '' : decoded.error.name).toBe('MalformedError')
})
