import { expect, it } from 'vitest'

import {
  clientPrefix,
  formatAddress,
  internetAddress,
  internetEndpoint,
  normalizeMappedAddress,
  withZoneName,
} from './addresses.ts'

it('an IPv4-mapped address is the IPv4 address, others stay', () => {
  expect(normalizeMappedAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(normalizeMappedAddress('2001:db8::1')).toBe('2001:db8::1')
})

it('one peer is an IPv4 address, however it is written', () => {
  expect(clientPrefix('::ffff:192.0.2.1')).toBe(clientPrefix('192.0.2.1'))
  expect(clientPrefix('192.0.2.2')).not.toBe(clientPrefix('192.0.2.1'))
})

it('one peer is an IPv6 /64', () => {
  expect(clientPrefix('2001:db8:1:2::1')).toBe(clientPrefix('2001:db8:1:2:ffff:ffff:ffff:ffff'))
  expect(clientPrefix('2001:db8:1:3::1')).not.toBe(clientPrefix('2001:db8:1:2::1'))
  expect(clientPrefix('64:ff9b::192.0.2.1')).toBe(clientPrefix('64:ff9b::1'))
})

it('neighbours on a link are not one peer', () => {
  expect(clientPrefix('fe80::1%eth0')).not.toBe(clientPrefix('fe80::2%eth0'))
})

it.each(['192.0.2.1', '2001:db8::1', '::', 'fe80::1%7', '1:0:0:2::3'])(
  '%s and a port go to a system call and come back from it',
  (address) => {
    expect(internetEndpoint(internetAddress(address, 53))).toEqual({ address, port: 53 })
  },
)

it('an IPv4-mapped address of a socket is shown as IPv4', () => {
  const { address } = internetEndpoint(internetAddress('::ffff:192.0.2.1', 53)) ?? {}
  expect(address).toBe('192.0.2.1')
})

it('a zone that is a number is given to Node by the name of its interface', () => {
  const interfaces = {
    eth0: [
      {
        address: 'fe80::1',
        netmask: 'ffff:ffff:ffff:ffff::',
        family: 'IPv6' as const,
        mac: '02:00:00:00:00:01',
        internal: false,
        cidr: 'fe80::1/64',
        scopeid: 7,
      },
    ],
  }
  expect(withZoneName('fe80::2%7', () => interfaces)).toBe('fe80::2%eth0')
  expect(withZoneName('fe80::2%eth1', () => interfaces)).toBe('fe80::2%eth1')
})

it('with a port an IPv6 address stands in brackets', () => {
  expect(formatAddress('2001:db8::1', 53)).toBe('[2001:db8::1]:53')
  expect(formatAddress('192.0.2.1', 53)).toBe('192.0.2.1:53')
})
