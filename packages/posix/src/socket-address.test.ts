import { expect, it } from 'vitest'

import { decodeSocketAddress, encodeSocketAddress, type SocketAddress } from './socket-address.ts'

const ADDRESSES: readonly SocketAddress[] = [
  { family: 'IPv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 3111, scope: 0 },
  {
    family: 'IPv6',
    bytes: Uint8Array.of(0xfe, 0x80, ...Array<number>(13).fill(0), 1),
    port: 123,
    scope: 2,
  },
  { family: 'unix', path: '/run/echo.sock' },
  { family: 'unix', path: '\0abstract' },
  { family: 'unix', path: '' },
]

it('an address is the same after it was written and read as the kernel does', () => {
  for (const address of ADDRESSES) {
    const encoded = encodeSocketAddress(address)
    expect(decodeSocketAddress(encoded, encoded.length)).toEqual(address)
  }
})

it('ports stand in network order', () => {
  const [ipv4] = ADDRESSES
  expect(ipv4 && [...encodeSocketAddress(ipv4).subarray(2, 4)]).toEqual([0x0c, 0x27])
})

it('anything else is no address', () => {
  for (const length of [0, 1, 2, 15, 28]) {
    expect(decodeSocketAddress(new Uint8Array(28).fill(9), length)).toBeUndefined()
  }
})

it('a path that does not fit is refused before the call', () => {
  expect(() => encodeSocketAddress({ family: 'unix', path: 'x'.repeat(108) })).toThrow(RangeError)
})
