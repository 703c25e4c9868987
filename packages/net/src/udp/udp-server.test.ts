import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

import { setSocketOption } from '@sockyard/posix/options'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'

import { quiet, startEchoProcess } from '../../testing/kit.ts'
import { AddressInUseError } from '../errors/errors.ts'
import { type Destination, returnPath } from './datagrams.ts'
import { UdpServer, type UdpServerOptions } from './udp-server.ts'
import type { UdpSocket } from './udp-socket.ts'

const running: UdpServer[] = []
const peers: Socket[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close()
  for (const server of running.splice(0)) await server.stop()
})

async function serve(options: Partial<UdpServerOptions>) {
  const { log } = quiet()
  const server = new UdpServer({
    port: 0,
    log,
    onDatagrams(datagrams, socket) {
      for (let index = 0; index < datagrams.count; index += 1) socket.echo(datagrams, index)
    },
    ...options,
  })
  running.push(server)
  const { port, address } = await server.start()
  const [counters] = server.counters
  return { server, port, address, counters }
}

async function peerAt(address = '127.0.0.1'): Promise<Socket> {
  const peer = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  peer.bind(0, address)
  await once(peer, 'listening')
  peer.setRecvBufferSize(4 * 1024 * 1024)
  peers.push(peer)
  return peer
}

/** Where an answer came from, and what it was. */
async function ask(peer: Socket, text: string | Buffer, port: number, address: string) {
  const answer = once(peer, 'message')
  peer.send(text, port, address)
  const [bytes, from] = (await answer) as [Buffer, { address: string; port: number }]
  return { bytes, address: from.address, port: from.port }
}

const hostAddress = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

describe.each(['native', 'node'] as const)('a UDP server over the engine %s', (engine) => {
  it.each(['127.0.0.1', '::1'])('answers %s at one port for both families', async (address) => {
    const { port } = await serve({ engine })
    const peer = await peerAt(address)
    const answer = await ask(peer, 'hello', port, address)
    expect(String(answer.bytes)).toBe('hello')
    expect(answer).toMatchObject({ address, port })
  })

  it.runIf(hostAddress !== undefined)('answers from the destination address', async () => {
    const { port } = await serve({ engine })
    // Its routes would have it answer from 127.0.0.1.
    const peer = await peerAt('127.0.0.1')
    const address = hostAddress ?? ''
    expect(await ask(peer, 'x', port, address)).toMatchObject({ address, port })
  })

  it.each([0, 1, 65_507])('carries %i bytes', async (size) => {
    const { port } = await serve({ engine })
    const peer = await peerAt()
    const sent = Buffer.alloc(size, 'q')
    expect((await ask(peer, sent, port, '127.0.0.1')).bytes.equals(sent)).toBe(true)
  })

  it('gives source and destination of each, and accepts answers of any kind', async () => {
    const seen: unknown[] = []
    const { port, counters } = await serve({
      engine,
      host: '::',
      onDatagrams(datagrams, socket) {
        for (let index = 0; index < datagrams.count; index += 1) {
          seen.push([datagrams.sourceFamily(index), datagrams.destinationFamily(index)])
          seen.push(datagrams.destinationWord(index), String(datagrams.bytes(index)))
          socket.reply(datagrams, index, Buffer.from('one'))
          socket.reply(datagrams, index, () => Buffer.from('two'))
        }
      },
    })
    const peer = await peerAt()
    const received: string[] = []
    peer.on('message', (bytes) => received.push(String(bytes)))
    peer.send('ask', port, '127.0.0.1')
    await expect.poll(() => received.toSorted()).toEqual(['one', 'two'])
    expect(seen).toEqual([[4, 4], 0x7f00_0001, 'ask'])
    expect(counters).toMatchObject({ received: 1, receivedBytes: 3, sent: 2, sentBytes: 6 })
  })

  it('an answer may be given later, from the destination address', async () => {
    const asked: [UdpSocket, Destination][] = []
    const { port } = await serve({
      engine,
      onDatagrams: (datagrams, socket) => asked.push([socket, returnPath(datagrams, 0)]),
    })
    const peer = await peerAt()
    const answer = once(peer, 'message')
    peer.send('later', port, hostAddress ?? '127.0.0.1')
    await expect.poll(() => asked.length).toBe(1)
    for (const [socket, to] of asked) socket.send(Buffer.from('now'), to)
    expect((await answer)[1]).toMatchObject({ address: hostAddress ?? '127.0.0.1', port })
  })

  it('never looks a name up, never sends to port 0, never throws, and counts what is not sent', async () => {
    const { server, port, counters } = await serve({ engine, host: '127.0.0.1' })
    const [socket] = server.sockets
    const unsent = (reason: string) => counters.unsent.get(reason)
    expect(socket?.send(Buffer.from('x'), { address: '127.0.0.1', port: 0 })).toBe('port-zero')
    socket?.send(Buffer.from('x'), { address: 'localhost', port })
    socket?.send(Buffer.alloc(65_508), { address: '127.0.0.1', port })
    await expect.poll(() => unsent('EINVAL')).toBe(1)
    await expect.poll(() => unsent('EMSGSIZE')).toBe(1)
    expect(unsent('port-zero')).toBe(1)
    await server.stop()
    expect(socket?.send(Buffer.from('x'), { address: '127.0.0.1', port })).toBe('closed')
    expect(
      (await ask(await peerAt(), 'on', (await serve({ engine })).port, '127.0.0.1')).bytes.length,
    ).toBe(2)
  })

  it('reports that a port is in use', async () => {
    const { port } = await serve({ engine })
    await expect(serve({ engine, port })).rejects.toThrow(AddressInUseError)
  })

  it('listens on the address of a name, and fails when it does not resolve', async () => {
    const { address } = await serve({ engine, host: 'localhost', family: 4 })
    expect(address).toBe('127.0.0.1')
    await expect(serve({ engine, host: 'nosuch.invalid' })).rejects.toMatchObject({
      errorClass: 'DNS',
      message: 'nosuch.invalid:0: the name does not resolve',
    })
  })

  it('counts what the kernel dropped for want of buffer, also of a closed socket', async () => {
    const { server, port } = await serve({ engine, host: '127.0.0.1', receiveBufferBytes: 2_048 })
    const [socket] = server.sockets
    if (socket !== undefined) setSocketOption(socket.target, 'SO_RCVBUF', 2_048)
    const peer = await peerAt()
    // Sent in one turn of this process, which reads none of it meanwhile.
    for (let i = 0; i < 200; i += 1) peer.send(Buffer.alloc(512), port, '127.0.0.1')
    await expect.poll(() => server.counters[0].kernelDrops()).toBeGreaterThan(50)
    const before = await server.counters[0].kernelDrops()
    await server.stop()
    expect(await server.counters[0].kernelDrops()).toBeGreaterThanOrEqual(before)
  })

  it('the log has the address and the engine', async () => {
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(line) })
    const { port } = await serve({ engine, log })
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      msg: 'listening',
      transport: 'udp',
      address: '::',
      port,
      engine,
    })
  })

  it('every burst is answered, also one that is longer than a batch', async () => {
    const { port } = await serve({ engine })
    const peer = await peerAt()
    let replies = 0
    peer.on('message', () => (replies += 1))
    for (let i = 0; i < 500; i += 1) peer.send(String(i), port, '127.0.0.1')
    await expect.poll(() => replies).toBe(500)
  })
})

it('drops and counts what would wait behind a full queue', async () => {
  const { server, counters } = await serve({ engine: 'node', host: '127.0.0.1', maximumQueue: 0 })
  const [socket] = server.sockets
  expect(socket?.send(Buffer.from('x'), { address: '127.0.0.1', port: 9 })).toBe('queue-full')
  expect(counters.unsent.get('queue-full')).toBe(1)
})

it('2,000 datagrams to a process stopped for 500 ms: 0 lost', async () => {
  await using server = await startEchoProcess((node) => node)
  const peer = await peerAt()
  let replies = 0
  peer.on('message', () => (replies += 1))
  server.signal('SIGSTOP')
  for (let i = 0; i < 2_000; i += 1) peer.send(Buffer.alloc(64, 'b'), server.port.udp, '127.0.0.1')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(replies).toBe(0)
  server.signal('SIGCONT')
  await expect.poll(() => replies, { timeout: 10_000 }).toBe(2_000)
  expect(await server.counts()).toMatchObject({ kernelDrops: 0 })
})
