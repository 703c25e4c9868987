import { assert, ipV4, ipV6, property, string } from 'fast-check'
import { expect, test } from 'vitest'

import { isMulticast, isSourceSpecific } from './index.ts'

test.each([
  '224.0.0.1',
  '239.255.43.21',
  '239.255.255.255',
  'ff02::101',
  'FF05::1:3',
  'ff3e::8000:1',
])('%s is a multicast group', (address) => expect(isMulticast(address)).toBe(true))

test.each([
  '223.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '127.0.0.1',
  'fe80::1',
  '::ffff:224.0.0.1',
  'ff::1',
  'ff02::zz',
  'ff02::1::2',
  '224.0.0',
  '224.0.0.256',
  '0224.0.0.1',
  ' 224.0.0.1',
  'ff02::1]/[',
  'ntp.example',
  '',
])('%j is none', (address) => expect(isMulticast(address)).toBe(false))

test.each(['232.1.2.3', 'ff3e::8000:1', 'ff32:0:0:0:0:0:8000:1', 'FF3E:0000::4000:1'])(
  '%s is joined with a source',
  (address) => expect(isSourceSpecific(address)).toBe(true),
)

test.each([
  '231.1.2.3',
  '239.255.43.21',
  'ff02::101',
  'ff3e:30::1',
  'ff15::1',
  '232.1.2',
  'ff3e::zz',
])('%s is not', (address) => expect(isSourceSpecific(address)).toBe(false))

test('an IPv4 address is multicast when its first four bits are 1110', () => {
  assert(
    property(ipV4(), (address) => {
      const first = Number(address.split('.')[0])
      expect(isMulticast(address)).toBe(first >> 4 === 0b1110)
    }),
  )
})

test('an IPv6 address is multicast when its first eight bits are 1', () => {
  assert(
    property(ipV6(), (address) => {
      const [first = ''] = address.split(':')
      expect(isMulticast(address)).toBe(first.padStart(4, '0').toLowerCase().startsWith('ff'))
    }),
  )
})

test('any text has an answer', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(isSourceSpecific(text) && !isMulticast(text)).toBe(false)
    }),
  )
})
