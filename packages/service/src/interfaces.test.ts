import { expect, it } from 'vitest'

import { UsageError } from './errors.ts'
import { findInterface, listInterfaces } from './interfaces.ts'

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
    expect(() => findInterface(wanted, some)).toThrow(UsageError)
    expect(() => findInterface(wanted, some)).toThrow('lo (127.0.0.1, ::1), eth0 (192.0.2.2')
  },
)

it('the loopback interface of this host is there', () => {
  const loopback = findInterface('127.0.0.1')
  expect(loopback.internal).toBe(true)
  expect(listInterfaces().map(({ name }) => name)).toContain(loopback.name)
})
