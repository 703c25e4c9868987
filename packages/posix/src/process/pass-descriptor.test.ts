import { readdirSync } from 'node:fs'

import { expect, it } from 'vitest'

import { NativeSocket } from '../socket/native-socket.ts'
import { passDescriptor, receiveDescriptors } from './pass-descriptor.ts'

const word = (text: string): Uint8Array => new TextEncoder().encode(text)
const openDescriptors = (): number => readdirSync('/proc/self/fd').length

it.each(['stream', 'datagram', 'seqpacket'] as const)(
  'a socket that was passed over a %s pair is the same socket, with a descriptor of its own',
  (type) => {
    using disposables = new DisposableStack()
    const [here, there] = NativeSocket.pair({ type }).map((each) => disposables.use(each))
    const [mine, peer] = NativeSocket.pair({ type: 'stream' }).map((each) => disposables.use(each))
    if (!here || !there || !mine || !peer) throw new Error('no pair')
    expect(passDescriptor(here, mine.descriptor, word('take it'))).toBe(7)
    mine.close()
    const memory = new Uint8Array(64)
    const passed = receiveDescriptors(there, memory)
    expect(String.fromCharCode(...memory.subarray(0, passed?.length))).toBe('take it')
    expect(passed?.descriptors.length).toBe(1)
    const received = disposables.use(NativeSocket.adopt(passed?.descriptors[0]?.release() ?? -1))
    received.send(word('hello'))
    const heard = peer.receive(memory)
    expect(String.fromCharCode(...memory.subarray(0, heard))).toBe('hello')
  },
)

it('a descriptor that was not received is closed with the socket that holds it', () => {
  const before = openDescriptors()
  const [here, there] = NativeSocket.pair({ type: 'seqpacket', nonBlocking: true })
  const [mine, peer] = NativeSocket.pair({ type: 'stream' })
  passDescriptor(here, mine.descriptor, word('x'))
  mine.close()
  there.close()
  expect(peer.receive(new Uint8Array(1))).toBe(0)
  here.close()
  peer.close()
  expect(openDescriptors()).toBe(before)
})

it('a non-blocking receiver gets EAGAIN when there is nothing, and a message may hold no descriptor', () => {
  const [here, there] = NativeSocket.pair({ type: 'seqpacket', nonBlocking: true })
  using _here = here
  using _there = there
  const memory = new Uint8Array(8)
  expect(receiveDescriptors(there, memory)).toBeUndefined()
  here.send(word('bare'))
  expect(receiveDescriptors(there, memory)).toEqual({ length: 4, descriptors: [] })
})

it('a sender gets EAGAIN when its receiver reads nothing, and an error when the receiver is closed', () => {
  const [here, there] = NativeSocket.pair({ type: 'seqpacket', nonBlocking: true })
  using _here = here
  let sent = 0
  while (passDescriptor(here, here.descriptor, word('x')) !== undefined) sent += 1
  expect(sent).toBeGreaterThan(0)
  there.close()
  expect(() => passDescriptor(here, here.descriptor, word('x'))).toThrow('ECONNRESET')
  expect(() => passDescriptor(here, here.descriptor, word('x'))).toThrow('EPIPE')
  expect(() => passDescriptor(here, here.descriptor, new Uint8Array())).toThrow(RangeError)
})
