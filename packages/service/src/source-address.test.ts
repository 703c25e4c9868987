import { expect, it } from 'vitest'

import { peerKey, unmapped } from './source-address.ts'

it('an IPv4-mapped address is the IPv4 address, others stay', () => {
  expect(unmapped('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(unmapped('2001:db8::1')).toBe('2001:db8::1')
})

it('one peer is an IPv4 address, however it is written', () => {
  expect(peerKey('::ffff:192.0.2.1')).toBe(peerKey('192.0.2.1'))
  expect(peerKey('192.0.2.2')).not.toBe(peerKey('192.0.2.1'))
})

it('one peer is an IPv6 /64', () => {
  expect(peerKey('2001:db8:1:2::1')).toBe(peerKey('2001:db8:1:2:ffff:ffff:ffff:ffff'))
  expect(peerKey('2001:db8:1:3::1')).not.toBe(peerKey('2001:db8:1:2::1'))
  expect(peerKey('64:ff9b::192.0.2.1')).toBe(peerKey('64:ff9b::1'))
})

it('neighbours on a link are not one peer', () => {
  expect(peerKey('fe80::1%eth0')).not.toBe(peerKey('fe80::2%eth0'))
})
