import { randomGroup } from '@sockyard/testkit/network'
import { expect, it, vi } from 'vitest'

import { datagram, endOf, metric, type Peer, peerOf, startReceiver } from './peer.testing.ts'

vi.setConfig({ testTimeout: 60_000 })

const RECEIVED = 'sockyard_udp_datagrams_total{direction="received"}'

/** One datagram each of so many senders, which do not exist. */
async function forge(peer: Peer, first: number, count: number): Promise<void> {
  for (let sender = first; sender < first + count; sender += 1) await peer.send(datagram(sender, 5))
}

it('of 100,000 forged senders 100 are remembered, and they cost a line a second', async () => {
  const group = randomGroup()
  await using receiver = await startReceiver('-g', group)
  const counted = (): Promise<number> =>
    metric(receiver, `sockyard_multicast_received_total{group="${group}"}`)
  using peer = await peerOf(group)
  await forge(peer, 0, 5_000)
  await expect.poll(counted, { timeout: 10_000 }).toBe(5_000)
  const start = performance.now()
  // On a busy machine the kernel drops some: what counts is how many the receiver had to deal with.
  for (let sender = 5_000; (await metric(receiver, RECEIVED)) <= 105_000; sender += 5_000)
    await forge(peer, sender, 5_000)
  await expect.poll(counted, { timeout: 20_000 }).toBeGreaterThan(105_000)
  const seconds = (performance.now() - start) / 1_000

  expect(await metric(receiver, 'sockyard_multicast_senders')).toBe(100)
  // Before the flood is noticed as one, 20 datagrams are shown; a line has 10 senders at most.
  expect(receiver.lines.length).toBeLessThan(20 + 2 * (seconds + 15))
  const longest = Math.max(...receiver.stdout.split('\n').map((line) => line.length))
  expect(longest).toBeLessThan(8_000)
  const { received, flows } = await endOf(receiver)
  expect(received).toBeGreaterThan(105_000)
  expect(flows).toHaveLength(100)
})
