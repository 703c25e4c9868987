import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { describe, expect, it } from 'vitest'

import { setSocketOption } from '../options/socket-options.ts'
import { ClosedDescriptorError } from '../socket/descriptor.ts'
import { NativeSocket } from '../socket/native-socket.ts'
import { encodeSocketAddress } from '../socket/socket-address.ts'
import { type AncillaryField, enableAncillaryData } from './ancillary-data.ts'
import { wakeReceiver, ReceiveBatch } from './receive-batch.ts'
import { ClosedBatchError, ReceivedDatagrams } from './received-datagrams.ts'
import { SendBatch } from './send-batch.ts'

const LOOPBACK = {
  IPv4: Uint8Array.of(127, 0, 0, 1),
  IPv6: Uint8Array.of(...Array<number>(15).fill(0), 1),
}

function openAt(
  family: 'IPv4' | 'IPv6',
  fields: readonly AncillaryField[] = [],
  bytes = LOOPBACK[family],
): { socket: NativeSocket; port: number } {
  const socket = NativeSocket.open({ family, type: 'datagram' })
  enableAncillaryData(socket, family, fields)
  socket.bind({ family, bytes, port: 0, scope: 0 })
  const local = socket.localAddress()
  if (local === undefined || local.family === 'unix') throw new Error('not bound')
  return { socket, port: local.port }
}

async function peerAt(address: string, port = 0): Promise<Socket & AsyncDisposable> {
  const peer = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(port, address)
  await once(peer, 'listening')
  return Object.assign(peer, { [Symbol.asyncDispose]: async () => void peer.close() })
}

/** Receives until there were `count`; each is handed to `seen` at once. */
function receiveAll(
  socket: NativeSocket,
  batch: ReceiveBatch,
  count: number,
  seen: (index: number) => void,
): void {
  for (let received = 0; received < count;) {
    const now = batch.receive(socket)
    for (let index = 0; index < now; index += 1) seen(index)
    received += now
  }
}

async function send(peer: Socket, texts: readonly string[], port: number, host: string) {
  for (const text of texts) await new Promise((resolve) => peer.send(text, port, host, resolve))
}

describe.each([
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
] as const)('over %s', (family, host) => {
  it('many datagrams come with one call, each with its bytes and its source', async () => {
    const { socket, port } = openAt(family)
    await using peer = await peerAt(host)
    await send(peer, ['one', '', 'three'], port, host)
    using batch = new ReceiveBatch()
    expect(batch.receive(socket)).toBe(3)
    expect([0, 1, 2].map((index) => String(batch.bytes(index)))).toEqual(['one', '', 'three'])
    const source = { family, bytes: LOOPBACK[family], port: peer.address().port, scope: 0 }
    expect(batch.source(2)).toEqual(source)
    expect(batch.sourceWord(0)).toBe(family === 'IPv4' ? 0x7f000001 : 1)
    expect(batch.destination(0)).toBeUndefined()
    socket.close()
  })

  it('the kernel reports destination, interface, hop limit and time of each', async () => {
    const { socket, port } = openAt(family, ['destination', 'hopLimit', 'timestamp', 'drops'])
    await using peer = await peerAt(host)
    peer.setTTL(7)
    const before = Temporal.Now.instant().epochNanoseconds
    await send(peer, ['x'], port, host)
    using batch = new ReceiveBatch()
    batch.receive(socket)
    expect(batch.destination(0)).toEqual({ family, bytes: LOOPBACK[family] })
    expect(batch.interfaceIndex(0)).toBe(1)
    expect(batch.hopLimit(0)).toBe(7)
    expect(batch.timestampNanos(0)).toBeGreaterThanOrEqual(before)
    expect(batch.timestampNanos(0)).toBeLessThanOrEqual(Temporal.Now.instant().epochNanoseconds)
    expect(batch.kernelDrops(0)).toBe(0)
    socket.close()
  })

  it('the traffic class of each datagram is known, DSCP and ECN', async () => {
    const { socket, port } = openAt(family, ['trafficClass', 'destination', 'hopLimit'])
    await using peer = await peerAt(host)
    using batch = new ReceiveBatch()
    for (const sent of [0xb9, 0]) {
      setSocketOption(peer, family === 'IPv4' ? 'IP_TOS' : 'IPV6_TCLASS', sent)
      await send(peer, ['x'], port, host)
      batch.receive(socket)
      expect(batch.trafficClass(0)).toBe(sent)
      expect(batch.destination(0)).toEqual({ family, bytes: LOOPBACK[family] })
    }
    socket.close()
  })

  it('replies go back byte for byte without being copied, joined or not', async () => {
    const { socket, port } = openAt(family, ['destination'])
    await using peer = await peerAt(host)
    await using other = await peerAt(host)
    const answers: string[] = []
    for (const each of [peer, other]) each.on('message', (bytes) => answers.push(String(bytes)))
    await send(peer, ['aaaa', 'bbbb', 'cc'], port, host)
    await send(other, ['dddd', ''], port, host)
    await send(peer, ['eeee', 'ffff'], port, host)
    using batch = new ReceiveBatch()
    using replies = new SendBatch()
    receiveAll(socket, batch, 7, (index) => replies.reply(batch, index))
    expect(replies.count).toBe(7)
    expect(replies.send(socket)).toBe(7)
    expect(replies.sentBytes).toBe(22)
    await expect.poll(() => answers.length).toBe(7)
    expect(answers.toSorted()).toEqual(['', 'aaaa', 'bbbb', 'cc', 'dddd', 'eeee', 'ffff'])
    expect(replies.count).toBe(0)
    socket.close()
  })

  it('copies go to any address, or to where the socket is connected', async () => {
    const { socket } = openAt(family)
    const { socket: target, port } = openAt(family)
    using batch = new SendBatch({ datagramBytes: 100 })
    const to = encodeSocketAddress({ family, bytes: LOOPBACK[family], port, scope: 0 })
    for (const text of ['one', 'two', 'four', 'five']) batch.add(Buffer.from(text), to)
    expect(batch.send(socket)).toBe(4)
    socket.connect({ family, bytes: LOOPBACK[family], port, scope: 0 })
    batch.add(Buffer.from('six'))
    expect(batch.send(socket)).toBe(1)
    using received = new ReceiveBatch({ datagramBytes: 100 })
    const texts: string[] = []
    receiveAll(target, received, 5, (index) => texts.push(String(received.bytes(index))))
    expect(texts).toEqual(['one', 'two', 'four', 'five', 'six'])
    socket.close()
    target.close()
  })

  it('coalesced datagrams have the length of each', async () => {
    const { socket } = openAt(family)
    const { socket: target, port } = openAt(family, ['joined'])
    using batch = new SendBatch({ datagramBytes: 100 })
    const to = encodeSocketAddress({ family, bytes: LOOPBACK[family], port, scope: 0 })
    for (const text of ['aaaa', 'bbbb', 'cc']) batch.add(Buffer.from(text), to)
    expect(batch.send(socket)).toBe(3)
    using received = new ReceiveBatch()
    expect(received.receive(target)).toBe(1)
    expect(received.segmentBytes(0)).toBe(4)
    expect(String(received.bytes(0))).toBe('aaaabbbbcc')
    socket.close()
    target.close()
  })
})

it('a dual-stack socket reports IPv4 as IPv4, and answers it from the destination address', async () => {
  const fields = ['destination', 'hopLimit', 'trafficClass'] as const
  const { socket, port } = openAt('IPv6', fields, new Uint8Array(16))
  await using peer = await peerAt('127.0.0.1')
  setSocketOption(peer, 'IP_TOS', 0xb8)
  await send(peer, ['x'], port, '127.0.0.9')
  using batch = new ReceiveBatch()
  batch.receive(socket)
  const bytes = LOOPBACK.IPv4
  expect(batch.source(0)).toEqual({ family: 'IPv4', bytes, port: peer.address().port, scope: 0 })
  expect(batch.destination(0)).toEqual({ family: 'IPv4', bytes: Uint8Array.of(127, 0, 0, 9) })
  expect(batch.hopLimit(0)).toBe(64)
  expect(batch.trafficClass(0)).toBe(0xb8)
  using replies = new SendBatch()
  replies.reply(batch, 0)
  const answer = once(peer, 'message')
  replies.send(socket)
  expect((await answer)[1]).toMatchObject({ address: '127.0.0.9' })
  socket.close()
})

it.each([
  ['IPv4', '127.0.0.7', [127, 0, 0, 7]],
  ['IPv6', '127.0.0.7', [...Array<number>(10).fill(0), 0xff, 0xff, 127, 0, 0, 7]],
] as const)(
  'a copy leaves from the address that is told, of a socket of %s',
  async (family, address, bytes) => {
    await using peer = await peerAt('127.0.0.1')
    using socket = NativeSocket.open({ family, type: 'datagram' })
    socket.bind({ family, bytes: new Uint8Array(bytes.length), port: 0, scope: 0 })
    const source = Uint8Array.from(bytes)
    const target = Uint8Array.from(bytes).fill(1, -1)
    const to = encodeSocketAddress({ family, bytes: target, port: peer.address().port, scope: 0 })
    using batch = new SendBatch({ datagramBytes: 16, wait: false })
    const answer = once(peer, 'message')
    batch.add(Buffer.from('x'), to, source)
    expect(batch.send(socket)).toBe(1)
    expect((await answer)[1]).toMatchObject({ address })
  },
)

it('without waiting what there is no room for is EAGAIN, alone, and what there is room for is sent', () => {
  using socket = NativeSocket.open({ family: 'unix', type: 'datagram' })
  using other = NativeSocket.open({ family: 'unix', type: 'datagram' })
  other.bind({ family: 'unix', path: '' })
  const local = other.localAddress()
  if (local === undefined) throw new Error('not bound')
  using batch = new SendBatch({ datagrams: 1_000, datagramBytes: 1, wait: false, segments: false })
  for (let index = 0; index < 1_000; index += 1)
    batch.add(Uint8Array.of(1), encodeSocketAddress(local))
  const refused: Record<string, number> = {}
  const sent = batch.send(
    socket,
    (code, datagrams) => (refused[code] = (refused[code] ?? 0) + datagrams),
  )
  expect(sent).toBeGreaterThan(0)
  expect(refused).toEqual({ EAGAIN: 1_000 - sent })
})

it('words of the payload are read without a copy, and none beyond its end', async () => {
  const { socket, port } = openAt('IPv4')
  await using peer = await peerAt('127.0.0.1')
  await send(peer, ['first', 'abcdefg'], port, '127.0.0.1')
  using batch = new ReceiveBatch()
  batch.receive(socket)
  expect(batch.payloadWord(1, 3)).toBe(0x64656667)
  expect(() => batch.payloadWord(1, 4)).toThrow(RangeError)
  expect(() => batch.payloadWord(2, 0)).toThrow(RangeError)
  socket.close()
})

it('a datagram that is too long is truncated, and flagged', async () => {
  const { socket, port } = openAt('IPv4')
  await using peer = await peerAt('127.0.0.1')
  await send(peer, ['12345678', '1234'], port, '127.0.0.1')
  using batch = new ReceiveBatch({ datagramBytes: 4 })
  batch.receive(socket)
  expect([batch.truncated(0), batch.truncated(1)]).toEqual([true, false])
  expect(String(batch.bytes(0))).toBe('1234')
  socket.close()
})

it('the kernel’s drops are reported with the datagram after them', async () => {
  const { socket, port } = openAt('IPv4', ['drops'])
  await using peer = await peerAt('127.0.0.1')
  const many = Array.from({ length: 2_000 }, () => 'x'.repeat(1_000))
  await send(peer, many, port, '127.0.0.1')
  using batch = new ReceiveBatch()
  let received = 0
  for (let now = batch.receive(socket); now > 0; now = batch.receive(socket, false)) received += now
  await send(peer, ['after'], port, '127.0.0.1')
  batch.receive(socket)
  expect(batch.kernelDrops(0)).toBe(2_000 - received)
  expect(batch.kernelDrops(0)).toBeGreaterThan(0)
  socket.close()
})

it('a datagram that the kernel rejects is reported with the reason, and the rest is sent', async () => {
  const { socket } = openAt('IPv4')
  const { socket: target, port } = openAt('IPv4')
  using batch = new SendBatch({ datagramBytes: 65_535 })
  const to = encodeSocketAddress({ family: 'IPv4', bytes: LOOPBACK.IPv4, port, scope: 0 })
  for (const length of [1, 65_508, 2]) batch.add(new Uint8Array(length), to)
  const refused: string[] = []
  expect(batch.send(socket, (code, datagrams) => refused.push(`${code} ${datagrams}`))).toBe(2)
  expect(refused).toEqual(['EMSGSIZE 1'])
  using received = new ReceiveBatch()
  expect(received.receive(target)).toBe(2)
  socket.close()
  target.close()
})

it('a thread that waits is woken, and what had come in is not lost', async () => {
  const { socket, port } = openAt('IPv4')
  const program = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { NativeSocket } from '${new URL('../socket/native-socket.ts', import.meta.url).href}'
    import { ReceiveBatch } from '${new URL('receive-batch.ts', import.meta.url).href}'
    const socket = NativeSocket.adopt(workerData)
    const batch = new ReceiveBatch()
    for (let count = -1; count !== 0; ) {
      count = batch.receive(socket)
      parentPort.postMessage({ count, shared: batch.shared })
    }
    socket.release()`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
    workerData: socket.descriptor,
  })
  // Asked for at once: on a busy machine the thread is up before a peer has its port, and gone before its last
  // message is read.
  const online = once(worker, 'online')
  const exited = once(worker, 'exit')
  await using peer = await peerAt('127.0.0.1')
  await online
  const first = once(worker, 'message')
  await send(peer, ['hello'], port, '127.0.0.1')
  const [{ count, shared }] = await first
  const seen = new ReceivedDatagrams(shared)
  seen.count = count
  expect(String(seen.bytes(0))).toBe('hello')
  const last = once(worker, 'message')
  wakeReceiver(socket)
  expect((await last)[0]).toMatchObject({ count: 0 })
  await exited
  await send(peer, ['late'], port, '127.0.0.1')
  using batch = new ReceiveBatch()
  expect([batch.receive(socket), batch.receive(socket)]).toEqual([1, 0])
  socket.close()
})

describe('nothing is used after its end', () => {
  it('a closed batch and a closed socket are typed errors', async () => {
    const { socket, port } = openAt('IPv4')
    await using peer = await peerAt('127.0.0.1')
    await send(peer, ['x'], port, '127.0.0.1')
    const batch = new ReceiveBatch()
    const replies = new SendBatch()
    batch.receive(socket)
    expect(() => batch.length(1)).toThrow('there is no datagram 1: 1 were received')
    batch.close()
    expect(() => batch.length(0)).toThrow(ClosedBatchError)
    expect(() => batch.receive(socket)).toThrow(ClosedBatchError)
    expect(() => batch.shared).toThrow(ClosedBatchError)
    expect(() => replies.reply(batch, 0)).toThrow(ClosedBatchError)
    replies.close()
    expect(() => replies.add(new Uint8Array(0))).toThrow(ClosedBatchError)
    socket.close()
    expect(() => new ReceiveBatch().receive(socket)).toThrow(ClosedDescriptorError)
    expect(() => wakeReceiver(socket)).toThrow(ClosedDescriptorError)
  })

  it('replies are whole when the batch they came in is closed before they are sent', async () => {
    const { socket, port } = openAt('IPv4')
    await using peer = await peerAt('127.0.0.1')
    await send(peer, ['kept'], port, '127.0.0.1')
    using replies = new SendBatch()
    const batch = new ReceiveBatch()
    batch.receive(socket)
    replies.reply(batch, 0)
    batch.close()
    const answer = once(peer, 'message')
    expect(replies.send(socket)).toBe(1)
    expect(String((await answer)[0])).toBe('kept')
    socket.close()
  })

  it('sizes that cannot be, and more than there is room for, are refused', () => {
    expect(() => new ReceiveBatch({ datagrams: 0 })).toThrow(RangeError)
    expect(() => new ReceiveBatch({ datagramBytes: 65_536 })).toThrow(RangeError)
    using batch = new SendBatch({ datagrams: 1, datagramBytes: 4 })
    expect(() => batch.add(new Uint8Array(5))).toThrow(RangeError)
    batch.add(new Uint8Array(4))
    expect(batch.full).toBe(true)
    expect(() => batch.add(new Uint8Array(4))).toThrow(RangeError)
  })
})
