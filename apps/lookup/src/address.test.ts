import { inetNtop } from '@sockyard/posix/socket'
import { assert, property, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { conversion } from './address.ts'

test('an IPv4 address has every form', () => {
  expect(conversion('192.0.2.7')).toEqual({
    kind: 'conversion',
    family: 'IPv4',
    presentation: '192.0.2.7',
    bytes: 'c0000207',
    networkOrder: ['0x070200c0'],
    hostOrder: ['0xc0000207'],
    mapped: '::ffff:192.0.2.7',
    reverseName: '7.2.0.192.in-addr.arpa',
  })
})

test('numbers are in host order, or as s_addr has them', () => {
  for (const text of ['127.1', '0x7f000001', '2130706433', '017700000001'])
    expect(conversion(text).presentation).toBe('127.0.0.1')
  for (const text of ['0x0100007f', '16777343'])
    expect(conversion(text, true).presentation).toBe('127.0.0.1')
  expect(conversion('127.0.0.1', true).presentation).toBe('127.0.0.1')
})

test('a mapped address gives the IPv4 address in it', () => {
  expect(conversion('::ffff:192.0.2.7')).toMatchObject({ family: 'IPv6', mapped: '192.0.2.7' })
  expect(conversion('2001:db8::1').mapped).toBeNull()
})

test('any bytes become an address and the same bytes again', () => {
  for (const length of [4, 16])
    assert(
      property(uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const { bytes: hex } = conversion(inetNtop(bytes))
        expect(hex).toBe(bytes.toHex())
        expect(conversion(length === 4 ? `0x${hex}` : hex).bytes).toBe(hex)
      }),
    )
})

test('anything else is refused', () => {
  for (const text of ['', 'host', '1.2.3.256', '4294967296', ':::', '127.1 x', 'f'.repeat(31)])
    expect(() => conversion(text)).toThrow('must be an address')
})
