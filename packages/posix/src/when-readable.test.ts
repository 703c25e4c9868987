import { spawnSync } from 'node:child_process'

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

it('what waits for a promise that the callback fulfils goes on at once, also when nothing else happens', () => {
  const program = `
    import { NativeSocket } from '@sockyard/posix/native-socket'
    import { whenReadable } from '@sockyard/posix/when-readable'
    const [first, second] = NativeSocket.pair({ type: 'datagram', nonBlocking: true })
    const memory = new Uint8Array(1)
    const { promise, resolve } = Promise.withResolvers()
    const stop = whenReadable(second.descriptor, () => resolve(second.receive(memory)))
    first.send(Uint8Array.of(1))
    console.log(await promise)
    stop()`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('.', import.meta.url),
    timeout: 10_000,
  })
  expect(String(stdout)).toBe('1\n')
})
