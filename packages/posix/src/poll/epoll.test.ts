import { spawnSync } from 'node:child_process'
import { closeSync, openSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { ClosedDescriptorError } from '../socket/descriptor.ts'
import { NativeSocket } from '../socket/native-socket.ts'
import { epollEventLayout, Epoll, EPOLL, whenReadable } from './epoll.ts'

it.each([
  ['x64', { words: 3, events: 0, data: 1 }],
  ['arm64', { words: 4, events: 0, data: 2 }],
])('struct epoll_event on %s', (architecture, layout) => {
  expect(epollEventLayout(architecture)).toEqual(layout)
})

it('an architecture without a known layout is rejected', () => {
  expect(() => epollEventLayout('mips')).toThrow(RangeError)
})

it('reports what is ready, as long as it is', () => {
  const pairs = Array.from({ length: 5 }, () =>
    NativeSocket.pair({ type: 'stream', nonBlocking: true }),
  )
  using epoll = new Epoll(8)
  for (const [, reader] of pairs) epoll.add(reader.descriptor, EPOLL.IN | EPOLL.RDHUP)
  expect(epoll.wait(0)).toBe(0)
  for (const [writer] of pairs.slice(1, 4)) writer.send(Buffer.from('x'))
  const ready = (): number[] =>
    Array.from({ length: epoll.wait(0) }, (_, index) => epoll.descriptor(index)).toSorted(
      (a, b) => a - b,
    )
  const expected = pairs.slice(1, 4).map(([, reader]) => reader.descriptor)
  expect(ready()).toEqual(expected.toSorted((a, b) => a - b))
  expect(epoll.events(0)).toBe(EPOLL.IN)
  for (const [, reader] of pairs.slice(1, 4)) reader.receive(new Uint8Array(1))
  expect(epoll.wait(0)).toBe(0)
  pairs[0]?.[0].close()
  expect(ready()).toEqual([pairs[0]?.[1].descriptor])
  expect(epoll.events(0)).toBe(EPOLL.IN | EPOLL.RDHUP | EPOLL.HUP)
  for (const socket of pairs.flat()) socket.close()
})

it('waits for the events that are currently requested', () => {
  const [first, second] = NativeSocket.pair({ type: 'stream', nonBlocking: true })
  using epoll = new Epoll(1)
  epoll.add(first.descriptor, EPOLL.OUT)
  expect(epoll.wait(5_000)).toBe(1)
  epoll.modify(first.descriptor, EPOLL.IN)
  expect(epoll.wait(0)).toBe(0)
  epoll.modify(first.descriptor, EPOLL.OUT)
  epoll.remove(first.descriptor)
  expect(epoll.wait(0)).toBe(0)
  expect(() => epoll.remove(first.descriptor)).toThrow('epoll_ctl: ENOENT')
  first.close()
  second.close()
})

it('more events than it has room for come with the next wait', () => {
  using epoll = new Epoll(2)
  const sockets = Array.from({ length: 2 }, () => NativeSocket.pair({ type: 'stream' })).flat()
  for (const { descriptor } of sockets) epoll.add(descriptor, EPOLL.OUT | EPOLL.ONESHOT)
  expect([epoll.wait(0), epoll.wait(0), epoll.wait(0)]).toEqual([2, 2, 0])
  for (const socket of sockets) socket.close()
})

it('cannot be used after close, nor for what is always ready', () => {
  const epoll = new Epoll()
  const file = openSync(join(mkdtempSync(join(tmpdir(), 'sockyard-')), 'file'), 'w')
  expect(() => epoll.add(file, EPOLL.IN)).toThrow('epoll_ctl: EPERM')
  closeSync(file)
  epoll.close()
  expect(() => epoll.wait(0)).toThrow(ClosedDescriptorError)
  expect(() => epoll.add(0, EPOLL.IN)).toThrow(ClosedDescriptorError)
})

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
    import { NativeSocket } from '../socket/native-socket.ts'
    import { whenReadable } from './epoll.ts'
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
