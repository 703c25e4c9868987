import { expect, test } from 'vitest'

import { received } from '../../testing/kit.ts'
import { PeerTable } from './peer-table.ts'

test('each peer has what it has sent and was sent', () => {
  let now = 1_000
  const table = new PeerTable(() => now)
  const batch = received(
    { address: '192.0.2.1', port: 4000, bytes: Buffer.alloc(10) },
    { address: '2001:db8::1', port: 4001, bytes: Buffer.alloc(20) },
    { address: '192.0.2.1', port: 4000, bytes: Buffer.alloc(30) },
  )
  table.received(batch)
  now = 2_000
  table.answered(batch, 0, 10)
  table.sent('192.0.2.1', 4000, 5)
  const peers = table.peers().toSorted((one, other) => one.port - other.port)
  expect(peers).toEqual([
    {
      address: '192.0.2.1',
      port: 4000,
      received: 2,
      receivedBytes: 40,
      sent: 2,
      sentBytes: 15,
      since: 1_000,
      last: 2_000,
    },
    {
      address: '2001:db8::1',
      port: 4001,
      received: 1,
      receivedBytes: 20,
      sent: 0,
      sentBytes: 0,
      since: 1_000,
      last: 1_000,
    },
  ])
})

test.each([1, 7, 64])(
  'at 64,000 a second, in batches of %i, some datagrams count for all, and the sum is about right',
  (size) => {
    let now = 0
    const table = new PeerTable(() => now)
    const total = 64_000
    for (let done = 0; done < total; done += size) {
      now = done / 64
      const from = Array.from({ length: size }, (_, index) => ({
        address: '192.0.2.1',
        port: 4000 + ((done + index) % 3),
        bytes: Buffer.alloc(100),
      }))
      const batch = received(...from)
      table.received(batch)
      for (let index = 0; index < size; index += 1) table.answered(batch, index, 100)
    }
    const peers = table.peers()
    const sum = (of: 'received' | 'sent'): number => peers.reduce((all, peer) => all + peer[of], 0)
    expect(Math.abs(sum('received') - total)).toBeLessThan(total / 20)
    expect(sum('sent')).toBe(sum('received'))
    for (const peer of peers) expect(peer.received).toBeGreaterThan(total / 4)
  },
)

test('up to 4,000 a second every datagram is counted', () => {
  let now = 1
  const table = new PeerTable(() => now)
  const one = received({ address: '192.0.2.1', port: 4000, bytes: Buffer.alloc(10) })
  for (; now < 2_501; now += 0.5) table.received(one)
  expect(table.peers()[0]?.received).toBe(5_000)
})

test('forged sources without number take no more places, and a peer with traffic stays', () => {
  const table = new PeerTable(() => 1)
  const heavy = { address: '192.0.2.1', port: 4000, bytes: Buffer.alloc(1_000) }
  for (let turn = 0; turn < 100; turn += 1) table.received(received(heavy))
  for (let source = 0; source < 100_000; source += 1) {
    const address = `10.${source & 255}.${(source >> 8) & 255}.1`
    table.received(received({ address, port: 4000, bytes: Buffer.alloc(10) }))
  }
  const peers = table.peers()
  expect(peers.length).toBeLessThanOrEqual(512)
  expect(peers.find(({ address }) => address === '192.0.2.1')?.received).toBe(100)
})

test('a peer that is silent gives its place to others', () => {
  let now = 1
  const table = new PeerTable(() => now)
  const heavy = { address: '192.0.2.1', port: 4000, bytes: Buffer.alloc(1_000) }
  table.received(received(heavy))
  now = 120_000
  for (let source = 0; source < 5_000; source += 1)
    table.received(
      received({ address: `10.0.${source >> 8}.${source & 255}`, bytes: Buffer.alloc(9) }),
    )
  expect(table.peers().some(({ address }) => address === '192.0.2.1')).toBe(false)
})
