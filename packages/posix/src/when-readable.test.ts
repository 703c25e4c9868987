import { expect, it } from 'vitest'

import { Epoll, EPOLL } from './epoll.ts'
import { NativeSocket } from './native-socket.ts'
import { whenReadable } from './when-readable.ts'

it('an epoll is readable while one of its descriptors is ready', async () => {
  const [first, second] = NativeSocket.pair({ type: 'datagram', nonBlocking: true })
  using epoll = new Epoll()
  epoll.add(second.descriptor, EPOLL.IN)
  const called = Promise.withResolvers<number>()
  const stop = whenReadable(epoll.descriptorNumber, () => called.resolve(epoll.wait(0)))
  first.send(Uint8Array.of(1))
  expect(await called.promise).toBe(1)
  stop()
  first.close()
  second.close()
})
