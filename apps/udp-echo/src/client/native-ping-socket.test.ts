import { enableAncillaryData, ReceiveBatch } from '@sockyard/posix/datagram'
import { NativeSocket } from '@sockyard/posix/socket'
import { expect, it } from 'vitest'

import { ReceiveTimes } from './native-ping-socket.ts'

it('a datagram that waited to be read came in when the kernel got it, not when it was read', async () => {
  using socket = NativeSocket.open({ family: 'IPv4', type: 'datagram', nonBlocking: true })
  enableAncillaryData(socket, 'IPv4', ['timestamp'])
  const loopback = Uint8Array.of(127, 0, 0, 1)
  socket.bind({ family: 'IPv4', bytes: loopback, port: 0, scope: 0 })
  const here = socket.localAddress()
  if (here?.family !== 'IPv4') throw new Error('not bound')
  const times = new ReceiveTimes()
  times.readClocks(true)
  using batch = new ReceiveBatch({ datagrams: 1, datagramBytes: 64 })
  const took = []
  // The first may be stamped when it is read: the kernel begins to stamp with the first socket that asks.
  for (let turn = 0; turn < 3; turn += 1) {
    const before = performance.now()
    socket.sendTo(Buffer.from('probe'), here)
    const after = performance.now()
    while (performance.now() < after + 30);
    expect(batch.receive(socket, false)).toBe(1)
    times.readClocks(true)
    took.push({ before, at: times.of(batch, 0), after })
  }
  const { before, at, after } = took.at(-1) ?? { before: 0, at: 0, after: 0 }
  expect(at).toBeGreaterThan(before - 1)
  expect(at).toBeLessThan(after + 20)
})

it('a datagram that was queued when the clock was set counts as received when it is read', () => {
  let [wall, monotonic] = [1_000, 0]
  const realtime = (): bigint => BigInt(wall) * 1_000_000_000n
  const times = new ReceiveTimes({ realtime, monotonic: () => monotonic })
  times.readClocks(true)
  // Stopped for a second, and meanwhile the clock was set two hours ahead; it takes two readings to empty the queue.
  wall += 7_201
  monotonic += 1_000
  times.readClocks(false)
  expect(times.of(stamped(1_001), 0)).toBe(1_000)
  times.readClocks(true)
  expect(times.of(stamped(1_001), 0)).toBe(1_000)
  // What comes in afterwards is stamped by the clock as it is now.
  wall += 2
  monotonic += 2_000
  times.readClocks(true)
  expect(times.of(stamped(wall - 1), 0)).toBe(2_000)
})

function stamped(seconds: number) {
  return { timestampSeconds: () => seconds, timestampNanosOfSecond: () => 0 }
}
