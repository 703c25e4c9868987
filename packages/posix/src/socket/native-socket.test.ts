import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { SystemCallError } from '../ffi/libc.ts'
import { Epoll, EPOLL } from '../poll/epoll.ts'
import { ClosedDescriptorError } from './descriptor.ts'
import { NativeSocket } from './native-socket.ts'
import type { InternetAddress, SocketAddress } from './socket-address.ts'
import { MSG, type SocketKind } from './socket-calls.ts'

const LOOPBACK: InternetAddress = {
  family: 'IPv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port: 0,
  scope: 0,
}
const LOOPBACK_6: InternetAddress = {
  family: 'IPv6',
  bytes: Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0)),
  port: 0,
  scope: 0,
}

function listening(kind: SocketKind, local: SocketAddress): NativeSocket {
  const socket = NativeSocket.open(kind)
  socket.bind(local)
  socket.listen()
  return socket
}

function localAddress(socket: NativeSocket): SocketAddress {
  const address = socket.localAddress()
  if (address === undefined) throw new Error('no address')
  return address
}

const portOf = (address: SocketAddress): number => ('port' in address ? address.port : 0)
const text = (memory: Uint8Array, length = memory.length): string =>
  Buffer.from(memory.subarray(0, length)).toString()
const bytes = (words: string): Uint8Array => Buffer.from(words)
const unixPath = async (): Promise<string> =>
  join(await mkdtemp(join(tmpdir(), 'sockyard-')), 'socket')

it.each([
  ['IPv4', LOOPBACK],
  ['IPv6', LOOPBACK_6],
] as const)('a TCP stream goes both ways and ends (%s)', (family, loopback) => {
  using server = listening({ family, type: 'stream' }, loopback)
  using client = NativeSocket.open({ family, type: 'stream' })
  expect(client.connect(localAddress(server))).toBe(true)
  using accepted = server.accept()
  expect(accepted?.remoteAddress()).toEqual(client.localAddress())
  expect(client.send(bytes('hello'))).toBe(5)
  const memory = new Uint8Array(16)
  expect(accepted?.receive(memory)).toBe(5)
  expect(text(memory, 5)).toBe('hello')
  using other = NativeSocket.open({ family, type: 'stream' })
  other.connect(localAddress(server))
  const told = server.acceptFrom()
  expect(told?.from).toEqual(other.localAddress())
  told?.socket.close()
  client.shutdown('writing')
  expect(accepted?.receive(memory)).toBe(0)
  expect(accepted?.send(bytes('goodbye'), 0, 4)).toBe(4)
  expect(client.receive(memory)).toBe(4)
  expect(text(memory, 4)).toBe('good')
})

it('where a non-blocking socket would wait the answer is undefined', () => {
  using server = listening({ family: 'IPv4', type: 'stream', nonBlocking: true }, LOOPBACK)
  expect(server.accept()).toBeUndefined()
  using client = NativeSocket.open({ family: 'IPv4', type: 'stream', nonBlocking: true })
  using epoll = new Epoll()
  client.connect(localAddress(server))
  epoll.add(client.descriptor, EPOLL.OUT)
  expect(epoll.wait(5_000)).toBe(1)
  using accepted = server.accept()
  const memory = new Uint8Array(65_536)
  expect(accepted?.receive(memory)).toBeUndefined()
  expect(client.receive(memory)).toBeUndefined()
  let sent = 0
  for (;;) {
    const taken = client.send(memory)
    if (taken === undefined) break
    sent += taken
  }
  expect(sent).toBeGreaterThan(65_536)
})

it('MSG_PEEK leaves what it shows, and MSG_DONTWAIT does not wait on a blocking socket', () => {
  const [first, second] = NativeSocket.pair({ type: 'stream' })
  using ends = new DisposableStack()
  ends.use(first)
  ends.use(second)
  const memory = new Uint8Array(4)
  expect(second.receive(memory, MSG.DONTWAIT)).toBeUndefined()
  first.send(bytes('once'))
  expect(second.receive(memory, MSG.PEEK)).toBe(4)
  expect(second.receive(memory, MSG.DONTWAIT)).toBe(4)
  expect(second.receive(memory, MSG.DONTWAIT)).toBeUndefined()
})

it('MSG_WAITALL waits for the rest, which another process sends later', () => {
  const [writer, reader] = NativeSocket.pair({ type: 'stream' })
  const child = spawn('sh', ['-c', 'printf par; sleep 0.1; printf ts; sleep 0.5'], {
    stdio: ['ignore', writer.descriptor, 'ignore'],
  })
  writer.close()
  const memory = new Uint8Array(5)
  expect(reader.receive(memory, MSG.WAITALL)).toBe(5)
  expect(text(memory)).toBe('parts')
  expect(reader.receive(memory, MSG.WAITALL)).toBe(0)
  reader.close()
  expect(child.pid).toBeGreaterThan(0)
})

it('urgent data overtakes the stream', () => {
  using server = listening({ family: 'IPv4', type: 'stream' }, LOOPBACK)
  using client = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  client.connect(localAddress(server))
  using accepted = server.accept()
  client.send(bytes('late'))
  client.send(bytes('!'), MSG.OOB)
  const memory = new Uint8Array(8)
  using epoll = new Epoll()
  epoll.add(accepted?.descriptor ?? -1, 0x2)
  expect(epoll.wait(5_000)).toBe(1)
  expect(accepted?.receive(memory, MSG.OOB)).toBe(1)
  expect(text(memory, 1)).toBe('!')
  expect(accepted?.receive(memory)).toBe(4)
  expect(text(memory, 4)).toBe('late')
})

it('a datagram has its source, and its whole length with MSG_TRUNC', () => {
  using receiver = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
  receiver.bind(LOOPBACK)
  using sender = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
  expect(sender.sendTo(bytes('12345678'), localAddress(receiver))).toBe(8)
  const memory = new Uint8Array(4)
  const received = receiver.receiveFrom(memory, MSG.TRUNC)
  expect(received?.length).toBe(8)
  expect(text(memory)).toBe('1234')
  expect(received?.from && portOf(received.from)).toBe(portOf(localAddress(sender)))
  expect(receiver.receiveFrom(memory, MSG.DONTWAIT)).toBeUndefined()
})

it('Unix datagrams go from path to path, abstract names too', async () => {
  const path = await unixPath()
  using receiver = NativeSocket.open({ family: 'unix', type: 'datagram' })
  receiver.bind({ family: 'unix', path })
  using sender = NativeSocket.open({ family: 'unix', type: 'datagram' })
  sender.bind({ family: 'unix', path: `\0${path}` })
  sender.sendTo(bytes('hi'), { family: 'unix', path })
  const received = receiver.receiveFrom(new Uint8Array(8))
  expect(received).toEqual({ length: 2, from: { family: 'unix', path: `\0${path}` } })
  expect(existsSync(path)).toBe(true)
})

it('a Unix stream is accepted, from a peer without a name', async () => {
  const path = await unixPath()
  using server = listening({ family: 'unix', type: 'stream' }, { family: 'unix', path })
  using client = NativeSocket.open({ family: 'unix', type: 'stream' })
  expect(client.connect({ family: 'unix', path })).toBe(true)
  using accepted = server.accept()
  expect(accepted?.remoteAddress()).toEqual({ family: 'unix', path: '' })
  expect(client.remoteAddress()).toEqual({ family: 'unix', path })
})

it('seqpacket keeps the edges of messages', () => {
  const [first, second] = NativeSocket.pair({ type: 'seqpacket' })
  first.send(bytes('one'))
  first.send(bytes('two'), MSG.EOR)
  const memory = new Uint8Array(16)
  expect(second.receive(memory)).toBe(3)
  expect(second.receive(memory)).toBe(3)
  expect(text(memory, 3)).toBe('two')
  first.close()
  second.close()
})

it('a raw socket sends and receives what IP carries, given the privilege', () => {
  expect(pingLoopback()).toBe(process.getuid?.() === 0 ? 28 : 'EPERM')
})

/** An echo request (RFC 792) of 8 bytes with its checksum; 28 bytes with the IP header come. */
function pingLoopback(): number | string | undefined {
  try {
    using socket = NativeSocket.open({ family: 'IPv4', type: 'raw', protocol: 1 })
    socket.sendTo(Uint8Array.of(8, 0, 0xe7, 0xfd, 0x10, 0x01, 0, 1), LOOPBACK)
    return socket.receiveFrom(new Uint8Array(64))?.length
  } catch (error) {
    if (error instanceof SystemCallError) return error.code
    throw error
  }
}

it('nothing can be called after close, and the number may be another’s', () => {
  const socket = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
  socket.close()
  socket.close()
  const memory = new Uint8Array(1)
  const calls: (() => unknown)[] = [
    () => socket.descriptor,
    () => socket.bind(LOOPBACK),
    () => socket.listen(),
    () => socket.accept(),
    () => socket.acceptFrom(),
    () => socket.connect(LOOPBACK),
    () => socket.send(memory),
    () => socket.receive(memory),
    () => socket.sendTo(memory, LOOPBACK),
    () => socket.receiveFrom(memory),
    () => socket.shutdown('both'),
    () => socket.localAddress(),
    () => socket.remoteAddress(),
    () => socket.duplicate(),
    () => socket.release(),
  ]
  for (const call of calls) expect(call).toThrow(ClosedDescriptorError)
  expect(socket.closed).toBe(true)
})

it('errors name the call and the errno', () => {
  using socket = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  expect(() => socket.send(new Uint8Array(1))).toThrow('send: EPIPE')
  expect(() => socket.remoteAddress()).toThrow('getpeername: ENOTCONN')
  expect(() => socket.connect({ ...LOOPBACK, port: 1 })).toThrow('connect: ECONNREFUSED')
  expect(() => NativeSocket.adopt(9_999)).toThrow('fcntl: EBADF')
})

it('no more is sent than the memory has', () => {
  const [first, second] = NativeSocket.pair({ type: 'stream' })
  expect(() => first.send(new Uint8Array(4), 0, 5)).toThrow(RangeError)
  expect(() => first.send(new Uint8Array(4), 0, -1)).toThrow(RangeError)
  first.close()
  second.close()
})

it('an adopted descriptor is as blocking as it was, and can be given to Node', async () => {
  using server = listening({ family: 'IPv4', type: 'stream', nonBlocking: true }, LOOPBACK)
  const adopted = NativeSocket.adopt(server.release())
  expect(adopted.accept()).toBeUndefined()
  const node = createServer((socket) => socket.end('from node'))
  const { port } = { port: portOf(localAddress(adopted)) }
  await once(node.listen({ fd: adopted.release() }), 'listening')
  const [data] = (await once(connect(port, '127.0.0.1'), 'data')) as [Buffer]
  expect(String(data)).toBe('from node')
  node.close()
})
