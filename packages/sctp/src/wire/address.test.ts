import { expect, test } from 'vitest'

import { canonicalAddress, formatIpv6, parseAddress } from './address.ts'

test.each([
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['fe80:0:0:0:0:0:0:1', 'fe80::1'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
])('%s is written %s', (written, canonical) => {
  expect(formatIpv6(parseAddress(written) ?? new Uint8Array(16))).toBe(canonical)
})

test.each([
  '',
  '1.2.3',
  '1.2.3.256',
  ':::',
  '1::2::3',
  '12345::',
  'example.org',
  '1:2:3:4:5:6:7:8:9',
])('%s is no address', (text) => expect(parseAddress(text)).toBeUndefined())

test('an IPv4 address mapped into IPv6 is that IPv4 address', () => {
  expect(canonicalAddress('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(canonicalAddress('2001:DB8::1')).toBe('2001:db8::1')
})
