import { expect, it } from 'vitest'

import {
  decodeSocketAddress,
  encodeSocketAddress,
  type SocketAddress,
  inetNtop,
  inetPton,
  inetAton,
} from './socket-address.ts'

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

it.each([
  ['192.0.2.7', [192, 0, 2, 7]],
  ['::1', [...Array<number>(15).fill(0), 1]],
  ['::ffff:10.1.1.1', [...Array<number>(10).fill(0), 255, 255, 10, 1, 1, 1]],
  ['2001:db8::8:800:200c:417a', [32, 1, 13, 184, 0, 0, 0, 0, 0, 8, 8, 0, 32, 12, 65, 122]],
])('%s', (text, bytes) => {
  expect([...(inetPton(text) ?? [])]).toEqual(bytes)
  expect(inetNtop(Uint8Array.from(bytes))).toBe(text)
})

it('what is no address has no bytes', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', 'localhost', 'fe80::1%lo', '::1\0']) {
    expect(inetPton(text)).toBeUndefined()
  }
  expect(() => inetNtop(new Uint8Array(5))).toThrow(RangeError)
})

it('inet_aton takes the classic forms', () => {
  for (const text of ['127.0.0.1', '127.1', '0x7f.1', '017700000001', '2130706433'])
    expect(inetAton(text)?.join('.')).toBe('127.0.0.1')
  for (const text of ['', '127.0.0.1.1', '127.0.0.256', '::1', 'localhost'])
    expect(inetAton(text)).toBeUndefined()
})

it('a text that no C string can hold is no address', () => {
  expect(inetAton('127.1\0')).toBeUndefined()
  expect(inetPton('127.0.0.1\0')).toBeUndefined()
})
