import { networkInterfaces } from 'node:os'

import { describe, expect, it } from 'vitest'

import { received } from '../testing/received.ts'
import { broadcastAddresses } from './broadcast-addresses.ts'
import { DatagramRules } from './datagram-rules.ts'
import { refusedSource } from './source-rules.ts'

const OWN_PORT = 40_444
const rules = new DatagramRules(OWN_PORT, 0)
const [broadcast = '127.255.255.255'] = broadcastAddresses(networkInterfaces())

const ADDRESSES = [
  broadcast,
  ...(
    '127.0.0.1 192.0.2.1 0.0.0.0 0.1.2.3 224.0.0.1 239.255.255.255 240.0.0.1 ' +
    '255.255.255.255 223.255.255.255 128.0.0.1 :: ::1 fe80::1 ff02::1 2001:db8::1 fdff::1 ' +
    '::2:0:1'
  ).split(' '),
]

describe('the rules for batches', () => {
  it('are the rules for single datagrams', () => {
    const broadcasts = broadcastAddresses(networkInterfaces())
    const ownPorts = new Set([2020, 3013, 3037, 3111, 3333, 4321, 9877, 9899, OWN_PORT])
    for (const address of ADDRESSES)
      for (const port of [0, 1, 1023, 1024, 3333, OWN_PORT, 9899, 40_000, 65_535])
        expect(
          rules.refusal(received({ address, port }), 0) ?? 'answered',
          `${address} ${port}`,
        ).toBe(refusedSource({ address, port }, { ownPorts, broadcasts }) ?? 'answered')
  })

  it.each([
    ['192.0.2.1', '192.0.2.2', undefined],
    ['192.0.2.1', '239.255.1.1', 'multicast-destination'],
    ['192.0.2.1', '255.255.255.255', 'broadcast-destination'],
    ['192.0.2.1', broadcast, 'broadcast-destination'],
    ['2001:db8::1', 'ff02::1', 'multicast-destination'],
    ['2001:db8::1', '2001:db8::2', undefined],
    ['224.0.0.1', '239.255.1.1', 'multicast-source'],
  ])('from %s to %s: %s', (address, to, reason) => {
    expect(rules.refusal(received({ address, to }), 0)).toBe(reason)
  })
})
