import { verifyMac } from '@sockyard/protocol/ntp'
import { expect, it } from 'vitest'

import { decoded, KEY } from '../packets.testing.ts'
import { makeRequest } from './exchanger.ts'

it('discloses nothing about the client: zeros, and a random transmit timestamp', () => {
  const { bytes, transmitRaw } = makeRequest(undefined)
  const expected = new Uint8Array(48)
  expected[0] = (4 << 3) | 3
  expected[3] = 32
  new DataView(expected.buffer).setBigUint64(40, transmitRaw)
  expect(bytes).toEqual(expected)
  const randoms = new Set(Array.from({ length: 100 }, () => makeRequest(undefined).transmitRaw))
  expect(randoms.size).toBe(100)
})

it('is signed with the key', () => {
  expect(verifyMac(KEY, decoded(makeRequest(KEY).bytes, 0n))).toBe(true)
})
