import type { NetworkInterfaceInfo } from 'node:os'

import { describe, expect, it } from 'vitest'

import { received } from '../../testing/received.ts'
import { broadcastAddresses } from '../address/interfaces.ts'
import { SourceFilter } from './source-filter.ts'

const broadcasts = (): ReadonlySet<string> => new Set(['192.0.2.255'])
const filter = new SourceFilter({ ownPorts: [3333], broadcasts })

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
    expect(filter.rejectReason({ address, port })).toBe(reason)
  })

  it('and gives one reason where several fit', () => {
    expect(filter.rejectReason({ address: '0.0.0.0', port: 0 })).toBe('port-zero')
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
    expect(filter.rejectReason({ address, port })).toBeUndefined()
  })

  it('from port 123 where any port is permitted, but not from port 0', () => {
    const anyPort = new SourceFilter({ broadcasts, anyPort: true })
    expect(anyPort.rejectReason({ address: '198.51.100.1', port: 123 })).toBeUndefined()
    expect(anyPort.rejectReason({ address: '198.51.100.1', port: 0 })).toBe('port-zero')
  })
})

it('ports at which services listen come and go', () => {
  const running = new SourceFilter({ ownPorts: [3333] })
  const from = (port: number) => running.rejectReason({ address: '127.0.0.1', port })
  expect([from(3333), from(40_000)]).toEqual(['own-port', undefined])
  running.addOwnPort(40_000)
  running.addOwnPort(40_000)
  running.removeOwnPort(40_000)
  expect(from(40_000)).toBe('own-port')
  running.removeOwnPort(40_000)
  expect(from(40_000)).toBeUndefined()
})

it.each([
  ['192.0.2.1', '192.0.2.2', undefined],
  ['192.0.2.1', '239.255.1.1', 'multicast-destination'],
  ['192.0.2.1', '255.255.255.255', 'broadcast-destination'],
  ['198.51.100.1', '192.0.2.255', 'broadcast-destination'],
  ['2001:db8::1', 'ff02::1', 'multicast-destination'],
  ['2001:db8::1', '2001:db8::2', undefined],
  ['224.0.0.1', '239.255.1.1', 'multicast-source'],
  // An IPv4-mapped source in an IPv6 packet, which is never valid.
  ['127.0.0.1', '2001:db8::2', 'mapped-source'],
])('a datagram from %s to %s: %s', (address, to, reason) => {
  expect(filter.rejectDatagram(received({ address, to }), 0)).toBe(reason)
})

it('broadcast addresses are looked for again after 10 s', () => {
  let now = 0
  const found = ['192.0.2.255', '198.51.100.255']
  const following = new SourceFilter({
    nowMillis: () => now,
    broadcasts: () => new Set([found.shift() ?? '']),
  })
  const from = (address: string) => following.rejectReason({ address, port: 5_000 })
  expect(from('192.0.2.255')).toBe('broadcast-source')
  now = 10_001
  expect([from('192.0.2.255'), from('198.51.100.255')]).toEqual([undefined, 'broadcast-source'])
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
