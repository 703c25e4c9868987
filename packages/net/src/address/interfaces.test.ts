import { expect, it } from 'vitest'

import { ConfigurationError } from '../errors/errors.ts'
import { findInterface, interfaceChoice, listInterfaces } from './interfaces.ts'

const some = [
  { name: 'lo', ipv4: ['127.0.0.1'], ipv6: ['::1'], internal: true },
  { name: 'eth0', ipv4: ['192.0.2.2'], ipv6: ['fe80::1', '2001:db8::2'], internal: false },
  { name: 'eth1', ipv4: [], ipv6: ['fe80::1'], internal: false },
]

it.each([
  ['eth0', 'eth0'],
  ['192.0.2.2', 'eth0'],
  ['2001:DB8::2', 'eth0'],
  ['fe80::1%eth1', 'eth1'],
])('%s is found', (wanted, name) => {
  expect(findInterface(wanted, some).name).toBe(name)
})

// Node takes the last two for the default interface, without an error.
it.each(['eth9', '192.0.2.3', '', 'fe80::1%2', '::%nosuch'])(
  'a missing one, %j, is an error that names those that exist',
  (wanted) => {
    expect(() => findInterface(wanted, some)).toThrow(ConfigurationError)
    expect(() => findInterface(wanted, some)).toThrow('lo (127.0.0.1, ::1), eth0 (192.0.2.2')
  },
)

it('the loopback interface of this host is there', () => {
  const loopback = findInterface('127.0.0.1')
  expect(loopback.internal).toBe(true)
  expect(listInterfaces().map(({ name }) => name)).toContain(loopback.name)
})

it('an address with a label is one of its interface', () => {
  const address = { netmask: '255.255.255.0', mac: '', internal: false, cidr: null } as const
  const labelled = {
    v0: [{ ...address, family: 'IPv4' as const, address: '10.9.9.1' }],
    'v0:0': [{ ...address, family: 'IPv4' as const, address: '10.9.9.2' }],
  }
  const interfaces = listInterfaces(labelled)
  expect(interfaces).toEqual([
    { name: 'v0', ipv4: ['10.9.9.1', '10.9.9.2'], ipv6: [], internal: false },
  ])
  for (const wanted of ['v0', 'v0:0', '10.9.9.2'])
    expect(findInterface(wanted, interfaces).name).toBe('v0')
})

it('a choice of interfaces is the requested one, by name or address, or the default', () => {
  expect(interfaceChoice([], 'all')).toBe('all')
  expect(interfaceChoice(['any'], 'all')).toBe('any')
  expect(interfaceChoice(['127.0.0.1'], 'any')).toEqual(['lo'])
  expect(interfaceChoice(['lo', '127.0.0.1'], 'any')).toEqual(['lo'])
})

it('is refused for an interface that does not exist', () => {
  expect(() => interfaceChoice(['nosuch0'], 'any')).toThrow(ConfigurationError)
  expect(() => interfaceChoice(['lo', 'all'], 'any')).toThrow(ConfigurationError)
})
