import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { fillPattern } from '@sockyard/protocol/echo'
import { encodePacket } from '@sockyard/sctp'
import { startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import {
  PORT,
  metric,
  openEndpoint,
  residentBytes,
  startServer,
  take,
  connectTo,
  type EchoServer,
} from '../peer.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

/** A module that makes koffi missing. */
const WITHOUT_KOFFI = `
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'koffi') throw new Error('not installed')
      return next(specifier, context)
    },
  })`

const MEBIBYTE = 1024 * 1024
const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('the echo', () => {
  it('comes back on the next stream, and after the last one on the first', async () => {
    await using server = await startServer('--streams', '4')
    await using connection = await connectTo(server)
    for (const stream of [0, 1, 2, 3])
      await connection.send({ stream, data: bytes(`on ${stream}`) })
    const echoes = await take(connection, 4)
    expect(echoes.map(({ stream, data }) => [stream, String(Buffer.from(data))])).toEqual([
      [1, 'on 0'],
      [2, 'on 1'],
      [3, 'on 2'],
      [0, 'on 3'],
    ])
  })

  it('comes back on the same stream with --stream-increment 0', async () => {
    await using server = await startServer('--stream-increment', '0')
    await using connection = await connectTo(server)
    for (const stream of [5, 15]) await connection.send({ stream, data: bytes('x') })
    expect((await take(connection, 2)).map(({ stream }) => stream)).toEqual([5, 15])
  })

  it('finds a stream even when the peer takes fewer than it sends on', async () => {
    await using server = await startServer()
    await using connection = await connectTo(server, { inboundStreams: 2 })
    for (const stream of [1, 7]) await connection.send({ stream, data: bytes('x') })
    expect((await take(connection, 2)).map(({ stream }) => stream)).toEqual([0, 0])
  })

  it('keeps every byte, the payload protocol identifier and the unordered flag', async () => {
    await using server = await startServer()
    await using connection = await connectTo(server)
    const data = new Uint8Array(64 * 1024)
    fillPattern(data, 0)
    await connection.send({ data, protocolId: 0xfedc_ba98, unordered: true })
    const [echo] = await take(connection, 1)
    expect(echo).toMatchObject({ protocolId: 0xfedc_ba98, unordered: true })
    expect(Buffer.from(echo?.data ?? []).equals(data)).toBe(true)
  })

  it('serves several associations at once, each in the order of its streams', async () => {
    await using server = await startServer()
    const visits = [1, 2, 3, 4].map(async (client) => {
      await using connection = await connectTo(server)
      const sending = (async () => {
        for (let n = 0; n < 300; n += 1)
          await connection.send({ stream: n % 16, data: bytes(`${client} ${n}`) })
      })()
      const echoes = await take(connection, 300)
      await sending
      return echoes
    })
    for (const [index, echoes] of (await Promise.all(visits)).entries()) {
      const byStream = Map.groupBy(echoes, ({ stream }) => stream)
      for (const [stream, messages] of byStream) {
        const texts = messages.map(({ data }) => String(Buffer.from(data)))
        const first = (stream + 15) % 16
        const expected = texts.map((_, n) => `${index + 1} ${first + 16 * n}`)
        expect(texts).toEqual(expected)
      }
      expect(echoes).toHaveLength(300)
    }
  })
})

describe('the log', () => {
  it('is the life of an association, and each message with --events data-io', async () => {
    const kinds = 'association,shutdown,data-io'
    await using server = await startServer('--events', kinds)
    const connection = await connectTo(server)
    await connection.send({ stream: 3, data: bytes('hello') })
    await take(connection, 1)
    await connection.close()
    const { app } = server
    await app.waitForLog(({ msg }) => msg === 'association ended')
    const told = app.lines.filter(({ association }) => association === 1)
    expect(told.map(({ msg }) => msg)).toEqual([
      'association up',
      'message',
      'the peer shuts down',
      'association ended',
    ])
    expect(told[1]).toMatchObject({ stream: 3, sequence: 0, bytes: 5 })
    expect(await metric(app, 'sockyard_sctp_ended_total{how="shutdown"}')).toBe(1)
  })

  it('is every message at trace level, in the order of its stream', async () => {
    await using server = await startServer('--events', 'data-io', '--log-level', 'trace')
    await using connection = await connectTo(server)
    for (let n = 0; n < 100; n += 1)
      await connection.send({ stream: n % 2, data: new Uint8Array(n + 1) })
    await take(connection, 100)
    const told = await vi.waitFor(() => {
      const lines = server.app.lines.filter(({ msg }) => msg === 'message')
      expect(lines).toHaveLength(100)
      return lines
    })
    const first = Number(told[0]?.tsn)
    expect(told).toMatchObject(
      Array.from({ length: 100 }, (_, n) => ({
        stream: n % 2,
        sequence: n >> 1,
        tsn: (first + n) % 2 ** 32,
        bytes: n + 1,
      })),
    )
  })

  it('is nothing with --events none', async () => {
    await using server = await startServer('--events', 'none')
    await using connection = await connectTo(server)
    await connection.send({ data: bytes('x') })
    await take(connection, 1)
    expect(server.app.lines.filter(({ association }) => association !== undefined)).toEqual([])
  })
})

describe('where koffi is missing', () => {
  it('serves all the same, and probes no path', async () => {
    const args = ['--host', '127.0.0.1', '--udp-port', '0']
    await using app = await startApp('sctp-echo', args, {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WITHOUT_KOFFI)}` },
    })
    const { udpPort } = await app.waitForLog(({ transport }) => transport === 'sctp')
    const connection = await connectTo({ udpPort: Number(udpPort) })
    await connection.send({ data: new Uint8Array(20_000) })
    expect((await take(connection, 1))[0]?.data).toHaveLength(20_000)
    await connection.close()
    await app.waitForLog(({ msg }) => msg === 'association ended')
    expect(app.lines.some(({ msg }) => msg === 'path MTU')).toBe(false)
  })
})

describe('limits', () => {
  it('reject an association over the limit of an address, and send the peer the reason', async () => {
    await using server = await startServer('--max-connections-per-address', '2')
    await using _first = await connectTo(server)
    const second = await connectTo(server)
    const third = await connectTo(server)
    await expect(take(third, 1)).rejects.toThrow(/aborted by the peer \(user-initiated abort/)
    expect(
      await metric(server.app, 'sockyard_sctp_refused_total{reason="too-many-from-address"}'),
    ).toBe(1)
    await second.close()
    await using fourth = await connectTo(server)
    await fourth.send({ data: bytes('x') })
    expect(await take(fourth, 1)).toHaveLength(1)
  })

  it('reject associations over the total limit, and send the reason to as many as there is room for', async () => {
    await using server = await startServer('--max-connections', '1')
    await using _first = await connectTo(server)
    const second = await connectTo(server)
    await expect(take(second, 1)).rejects.toThrow(/aborted by the peer/)
    expect(await metric(server.app, 'sockyard_sctp_refused_total{reason="too-many"}')).toBe(1)
    expect(await metric(server.app, 'sockyard_sctp_associations')).toBe(1)
  })

  it('end an association whose message is too long', async () => {
    await using server = await startServer('--max-message', '1KiB')
    const connection = await connectTo(server)
    await connection.send({ data: new Uint8Array(4096) })
    await expect(take(connection, 1)).rejects.toThrow(
      /out of resource, user-initiated abort: a message of more than 1024 B/,
    )
    await using again = await connectTo(server)
    await again.send({ data: new Uint8Array(1024) })
    expect(await take(again, 1)).toHaveLength(1)
  })

  it('end an association on which nothing moves, by SHUTDOWN', async () => {
    await using server = await startServer('--idle-timeout', '200ms')
    const connection = await connectTo(server)
    const left = []
    for await (const message of connection) left.push(message)
    expect(left).toEqual([])
    expect(await metric(server.app, 'sockyard_sctp_idle_total')).toBe(1)
  })

  it.each([
    ['long', 8000, 1000],
    ['tiny', 1, 1_000_000],
  ])('hold a peer back that never reads, with %s messages', async (_name, size, count) => {
    await using server = await startServer()
    await using other = await connectTo(server)
    const before = residentBytes(server.app.pid)
    const endpoint = await openEndpoint({ sendBufferBytes: 16_384 })
    const { udpPort } = server
    const association = await endpoint.associate({ host: '127.0.0.1', udpPort, port: PORT })
    endpoint.pause(association)
    const data = new Uint8Array(size)
    let sent = 0
    const fill = (): void => {
      let hasRoom = true
      for (; sent < count && hasRoom; sent += 1) hasRoom = endpoint.send({ association, data })
    }
    endpoint.on('notification', ({ type }) => type === 'drain' && fill())
    fill()
    for (let last = -1; last !== sent; await delay(1000)) last = sent
    expect(sent).toBeLessThan(count)
    await other.send({ data: bytes('x') })
    expect(await take(other, 1)).toHaveLength(1)

    expect(residentBytes(server.app.pid) - before).toBeLessThan(40 * MEBIBYTE)
    endpoint.abort(association)
    await endpoint.close()
  })

  it.each([
    ['a low port', 1021, 'low-port', 0],
    ['another service', 3037, 'own-port', 0],
    ['the port of SCTP over UDP', 9899, 'init', 1000],
  ])('answer 1,000 INITs from %s as they should', async (_name, port, verdict, replies) => {
    await using server = await startServer()
    expect(await answeredInits(server, port, verdict)).toBe(replies)
  })

  it('do not answer a denied peer', async () => {
    await using server = await startServer('--deny', '127.0.0.0/8')
    const signal = AbortSignal.timeout(1500)
    const endpoint = await openEndpoint()
    const peer = { host: '127.0.0.1', udpPort: server.udpPort, port: PORT, signal }
    await expect(endpoint.associate(peer)).rejects.toThrow(/timeout/)
    await endpoint.close()
    const name = 'sockyard_sctp_packets_total{verdict="denied"}'
    expect(await metric(server.app, name)).toBeGreaterThan(0)
  })

  it('survive 20,000 broken datagrams in the same process', async () => {
    await using server = await startServer()
    const socket = createSocket('udp4')
    const packet = initPacket()
    for (let n = 0; n < 20_000; n += 1) {
      const broken = Buffer.from(packet)
      broken[n % broken.length] = n
      socket.send(broken, server.udpPort, '127.0.0.1')
      if (n % 200 === 0) await delay(1)
    }
    await using connection = await connectTo(server)
    await connection.send({ data: bytes('x') })
    expect(await take(connection, 1)).toHaveLength(1)
    expect(server.app.stderr).toBe('')
    socket.close()
  })
})

describe('the end', () => {
  it('is SHUTDOWN with SIGTERM: what was echoed arrives, and the exit code is 0', async () => {
    await using server = await startServer()
    const connection = await connectTo(server)
    for (let n = 0; n < 20; n += 1) await connection.send({ stream: n % 16, data: bytes('x') })
    const echoes = await take(connection, 20)
    server.app.kill('SIGTERM')
    expect(echoes).toHaveLength(20)
    expect(await take(connection, 1)).toEqual([])
    expect(await server.app.exited).toEqual({ code: 0, signal: null })
  })

  it('comes within the drain timeout when a peer never reads', async () => {
    await using server = await startServer('--drain-timeout', '500ms')
    const endpoint = await openEndpoint({ receiveBufferBytes: 4096 })
    const { udpPort } = server
    const association = await endpoint.associate({ host: '127.0.0.1', udpPort, port: PORT })
    endpoint.pause(association)
    for (let n = 0; n < 100; n += 1) endpoint.send({ association, data: new Uint8Array(1000) })
    await vi.waitFor(async () =>
      expect(await metric(server.app, 'sockyard_sctp_messages_total{direction="received"}')).toBe(
        100,
      ),
    )
    server.app.kill('SIGTERM')
    expect(await server.app.exited).toEqual({ code: 0, signal: null })
    await endpoint.close()
  })

  it('of a client that was killed is no trouble: it comes back from the same ports', async () => {
    await using server = await startServer()
    const { udpPort } = server
    const first = await openEndpoint()
    const local = { udpPort: first.address().udpPort }
    await first.associate({ host: '127.0.0.1', udpPort, port: PORT })
    await first.destroy()
    const second = await openEndpoint(local)
    const association = await second.associate({ host: '127.0.0.1', udpPort, port: PORT })
    const answer = once(second, 'message')
    second.send({ association, data: bytes('again') })
    const [message] = await answer
    expect(String(Buffer.from(message.data))).toBe('again')
    await server.app.waitForLog(({ msg }) => msg === 'association restarted')
    expect(await metric(server.app, 'sockyard_sctp_associations')).toBe(1)
    await second.close()
  })
})

/** The first packet of a handshake: a server answers it. */
function initPacket(): Buffer {
  const init = { kind: 'init' as const, initiateTag: 1, window: 65_536, initialTsn: 1 }
  const streams = { outboundStreams: 10, inboundStreams: 10 }
  const header = { sourcePort: 50_000, destinationPort: PORT, verificationTag: 0 }
  return Buffer.from(encodePacket({ ...header, chunks: [{ ...init, ...streams, parameters: [] }] }))
}

/** How many INITs a server answers of those that come from a port. */
async function answeredInits(server: EchoServer, port: number, verdict: string): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * MEBIBYTE }).bind(
    port,
    '127.0.0.1',
  )
  await once(socket, 'listening')
  let replies = 0
  socket.on('message', () => (replies += 1))
  const init = initPacket()
  for (let n = 0; n < 1000; n += 1) socket.send(init, server.udpPort, '127.0.0.1')
  const name = `sockyard_sctp_packets_total{verdict="${verdict}"}`
  await vi.waitFor(async () => expect(await metric(server.app, name)).toBe(1000), 10_000)
  await delay(100)
  socket.close()
  return replies
}
