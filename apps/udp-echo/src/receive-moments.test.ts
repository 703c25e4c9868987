import { tellDetails } from '@sockyard/posix/datagram-details'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { ReceiveBatch } from '@sockyard/posix/receive-batch'
import { expect, it } from 'vitest'

import { ReceiveMoments } from './receive-moments.ts'

it('a datagram that waited to be read came in when the kernel got it, not when it was read', async () => {
  using socket = NativeSocket.open({ family: 'IPv4', type: 'datagram', nonBlocking: true })
  tellDetails(socket, 'IPv4', ['timestamp'])
  const loopback = Uint8Array.of(127, 0, 0, 1)
  socket.bind({ family: 'IPv4', bytes: loopback, port: 0, scope: 0 })
  const here = socket.localAddress()
  if (here?.family !== 'IPv4') throw new Error('not bound')
  const moments = new ReceiveMoments()
  moments.readClocks()
  using batch = new ReceiveBatch({ datagrams: 1, datagramBytes: 64 })
  const took = []
  // The first may be stamped when it is read: the kernel begins to stamp with the first socket that asks.
  for (let turn = 0; turn < 3; turn += 1) {
    const before = performance.now()
    socket.sendTo(Buffer.from('probe'), here)
    const after = performance.now()
    while (performance.now() < after + 30);
    expect(batch.receive(socket, false)).toBe(1)
    moments.readClocks()
    took.push({ before, at: moments.of(batch, 0), after })
  }
  const { before, at, after } = took.at(-1) ?? { before: 0, at: 0, after: 0 }
  expect(at).toBeGreaterThan(before - 1)
  expect(at).toBeLessThan(after + 20)
})
