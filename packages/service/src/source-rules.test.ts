import type { NetworkInterfaceInfo } from 'node:os'

import { describe, expect, it } from 'vitest'

import { broadcastAddresses } from './broadcast-addresses.ts'
import { createSourceRules, refusedSource } from './source-rules.ts'

const rules = { ownPorts: new Set([3333]), broadcasts: new Set(['192.0.2.255']) }

describe('a datagram is not answered', () => {
  it.each([
    ['198.51.100.1', 0, 'port-zero'],
    ['198.51.100.1', 7, 'low-port'],
    ['198.51.100.1', 1023, 'low-port'],
    ['198.51.100.1', 3333, 'own-port'],
    ['0.1.2.3', 5000, 'unspecified-source'],
    ['::', 5000, 'unspecified-source'],
    ['224.0.0.1', 5000, 'multicast-source'],
    ['239.255.255.255', 5000, 'multicast-source'],
    ['FF02::1', 5000, 'multicast-source'],
    ['255.255.255.255', 5000, 'broadcast-source'],
    ['192.0.2.255', 5000, 'broadcast-source'],
    ['::ffff:192.0.2.255', 5000, 'broadcast-source'],
  ])('from %s port %i: %s', (address, port, reason) => {
    expect(refusedSource({ address, port }, rules)).toBe(reason)
  })

  it('and gives one reason where several fit', () => {
    expect(refusedSource({ address: '0.0.0.0', port: 0 }, rules)).toBe('port-zero')
  })
})

describe('a datagram is answered', () => {
  it.each([
    ['198.51.100.1', 1024],
    ['192.0.2.254', 65_535],
    ['2001:db8::1', 5000],
    ['fe80::1%eth0', 5000],
    ['240.0.0.1', 5000],
  ])('from %s port %i', (address, port) => {
    expect(refusedSource({ address, port }, rules)).toBeUndefined()
  })

  it('from port 123 where any port may ask, but not from port 0', () => {
    const anyPort = { ...rules, anyPort: true }
    expect(refusedSource({ address: '198.51.100.1', port: 123 }, anyPort)).toBeUndefined()
    expect(refusedSource({ address: '198.51.100.1', port: 0 }, anyPort)).toBe('port-zero')
  })
})

it('a running service refuses its own port and those of the other services', () => {
  const refused = createSourceRules({ port: 40_000 })
  expect(refused({ address: '127.0.0.1', port: 40_000 })).toBe('own-port')
  expect(refused({ address: '127.0.0.1', port: 3333 })).toBe('own-port')
  expect(refused({ address: '127.0.0.1', port: 40_001 })).toBeUndefined()
})

it('a port on both sides of an exchange may ask, if the service says so', () => {
  const refused = createSourceRules({ port: 40_000, askedFrom: [40_000, 9899] })
  expect(refused({ address: '127.0.0.1', port: 40_000 })).toBeUndefined()
  expect(refused({ address: '127.0.0.1', port: 9899 })).toBeUndefined()
  expect(refused({ address: '127.0.0.1', port: 3333 })).toBe('own-port')
})

function on(cidr: string): NetworkInterfaceInfo[] {
  return [{ family: 'IPv4', address: '', netmask: '', mac: '', internal: false, cidr }]
}

it('broadcast addresses are those of every prefix length that has one', () => {
  const all = broadcastAddresses({
    a: on('192.0.2.2/24'),
    b: on('10.1.2.3/12'),
    c: on('198.51.100.5/30'),
    d: on('203.0.113.0/31'),
    e: on('203.0.113.9/32'),
  })
  expect([...all]).toEqual(['192.0.2.255', '10.15.255.255', '198.51.100.7'])
})
