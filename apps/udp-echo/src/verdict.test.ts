import { createAddressList } from '@sockyard/service/address-list'
import { DatagramRates } from '@sockyard/service/datagram-rates'
import { refusedSource } from '@sockyard/service/source-rules'
import { describe, expect, it } from 'vitest'

import { type Rules, verdictOf } from './verdict.ts'

function rules(given: Partial<Rules> = {}): Rules {
  const ownPorts = new Set([3111, 3333])
  const broadcasts = new Set(['192.0.2.255'])
  return {
    refusedSource: (source) => refusedSource(source, { ownPorts, broadcasts }),
    addresses: createAddressList({}),
    take: () => true,
    ...given,
  }
}

describe('verdictOf', () => {
  it.each([
    ['192.0.2.1', 40_000, 'answered'],
    ['::ffff:192.0.2.1', 40_000, 'answered'],
    ['fe80::1%eth0', 40_000, 'answered'],
    ['2001:db8::1', 1024, 'answered'],
    ['192.0.2.1', 0, 'port-zero'],
    ['192.0.2.1', 7, 'low-port'],
    ['192.0.2.1', 1023, 'low-port'],
    ['192.0.2.1', 3333, 'own-port'],
    ['192.0.2.1', 3111, 'own-port'],
    ['0.0.0.0', 40_000, 'unspecified-source'],
    ['0.1.2.3', 40_000, 'unspecified-source'],
    ['::', 40_000, 'unspecified-source'],
    ['224.0.0.1', 40_000, 'multicast-source'],
    ['ff02::1', 40_000, 'multicast-source'],
    ['255.255.255.255', 40_000, 'broadcast-source'],
    ['192.0.2.255', 40_000, 'broadcast-source'],
  ])('%s port %i: %s', (address, port, verdict) => {
    expect(verdictOf({ address, port }, rules())).toBe(verdict)
  })

  it('serves only whom the lists let in', () => {
    const addresses = createAddressList({ allow: ['192.0.2.0/24'], deny: ['192.0.2.7'] })
    const from = (address: string) => verdictOf({ address, port: 40_000 }, rules({ addresses }))
    expect(from('192.0.2.1')).toBe('answered')
    expect(from('192.0.2.7')).toBe('denied')
    expect(from('198.51.100.1')).toBe('not-allowed')
  })

  it('answers a source as often as the limit says, whatever its ports, and others all the same', () => {
    const rates = new DatagramRates({ perSecond: 2, maximumSources: 10 })
    const take = (address: string) => rates.takeFrom(address, 0)
    const from = (address: string, port: number) => verdictOf({ address, port }, rules({ take }))
    expect([1, 2, 3].map((port) => from('192.0.2.1', 40_000 + port))).toEqual([
      'answered',
      'answered',
      'rate-limited',
    ])
    expect(from('192.0.2.2', 40_000)).toBe('answered')
  })

  it('takes no token for what is refused anyway: a forger cannot use up those of a victim', () => {
    const rates = new DatagramRates({ perSecond: 1, maximumSources: 10 })
    const take = (address: string) => rates.takeFrom(address, 0)
    const from = (port: number) => verdictOf({ address: '192.0.2.1', port }, rules({ take }))
    for (let i = 0; i < 100; i += 1) expect(from(7)).toBe('low-port')
    expect(from(40_000)).toBe('answered')
  })
})
