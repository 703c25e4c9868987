import { expect, test } from 'vitest'

import type { Message, Notification } from '../association/notification.ts'
import { UdpRelay } from '../testing/udp-relay.testing.ts'
import { Endpoint } from './endpoint.ts'
import { Listener, connect } from './listener.ts'

const local = (port: number) => ({ host: '127.0.0.1', udpPort: 0, port })

/** An echo server on a free UDP port, SCTP port 7. */
async function echoServer(): Promise<Endpoint> {
  const endpoint = await Endpoint.open({ ...local(7), listen: true })
  endpoint.on('message', (message) => {
    const { association, stream, unordered, protocolId, data } = message
    if (!endpoint.send({ association, stream, unordered, protocolId, data })) {
      endpoint.pause(association)
    }
  })
  endpoint.on('notification', ({ type, association }) => {
    if (type === 'drain') endpoint.resume(association)
  })
  return endpoint
}

const to = (endpoint: Endpoint) => ({
  host: '127.0.0.1',
  udpPort: endpoint.address().udpPort,
  port: 7,
})

const text = (data: Uint8Array) => new TextDecoder().decode(data)

test('a connection sends and receives on streams, and both sides get an event at its end', async () => {
  await using server = await echoServer()
  const told: string[] = []
  server.on('notification', ({ type }) => told.push(type))
  await using connection = await connect(to(server))
  expect(connection.info).toMatchObject({ outboundStreams: 16, inboundStreams: 16 })
  await connection.send({ stream: 1, protocolId: 42, data: Buffer.from('one') })
  await connection.send({ stream: 2, unordered: true, data: Buffer.from('two') })
  const received: Message[] = []
  for await (const message of connection) if (received.push(message) === 2) break
  expect(received.map(({ data, stream, protocolId }) => [text(data), stream, protocolId])).toEqual([
    ['one', 1, 42],
    ['two', 2, 0],
  ])
  await connection.close()
  const events = () => told.filter((type) => type !== 'path-mtu')
  await expect.poll(events).toEqual(['association-up', 'shutdown', 'shutdown-complete'])
  expect(told).toContain('path-mtu')
})

test('works over IPv6, and serves IPv4 on the same socket', async () => {
  await using server = await Endpoint.open({ host: '::', udpPort: 0, port: 7, listen: true })
  const peers: string[] = []
  server.on('notification', (notification) => {
    if (notification.type === 'association-up') peers.push(notification.peer.address)
  })
  const { udpPort } = server.address()
  await using six = await connect({ host: '::1', udpPort, port: 7 })
  await using four = await connect({ host: '127.0.0.1', udpPort, port: 7 })
  expect(peers).toEqual(['::1', '127.0.0.1'])
  expect([six.info.peer.address, four.info.peer.address]).toEqual(['::1', '127.0.0.1'])
})

test('sender and receiver that do not keep up hold each other back, and nothing is lost', async () => {
  await using server = await echoServer()
  await using connection = await connect(to(server))
  const count = 5000
  const sending = (async () => {
    for (let index = 0; index < count; index += 1) {
      const data = Buffer.alloc(1000, index & 0xff)
      data.writeUInt32BE(index)
      await connection.send({ stream: index % 4, data })
    }
  })()
  const next = [0, 1, 2, 3]
  let received = 0
  for await (const { stream, data } of connection) {
    const number = Buffer.from(data).readUInt32BE()
    expect(number).toBe(next[stream])
    next[stream] = number + 4
    received += 1
    if (received === count) break
  }
  await sending
  expect(received).toBe(count)
  // 5,000 messages there and back: seconds on a busy machine.
}, 60_000)

test('many clients at once are many connections of one listener', async () => {
  await using listener = await Listener.open(local(9))
  const serving = (async () => {
    for await (const connection of listener) {
      void (async () => {
        for await (const { data } of connection) await connection.send({ data })
      })()
    }
  })()
  const { udpPort } = listener.address()
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      await using connection = await connect({ host: '127.0.0.1', udpPort, port: 9 })
      await connection.send({ data: Buffer.from(`client ${index}`) })
      for await (const { data } of connection) return text(data)
      return undefined
    }),
  )
  expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => `client ${index}`))
  await listener.close()
  await serving
})

test('a connection attempt ends with its signal, or with the refusal of the peer', async () => {
  await using deaf = await Endpoint.open(local(7))
  await expect(connect(to(deaf))).rejects.toMatchObject({ name: 'PeerAbortedError' })
  const controller = new AbortController()
  // The port next to discard is closed: the attempt lasts until it is given up.
  const attempt = connect({ host: '127.0.0.1', udpPort: 9, port: 7, signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(attempt).rejects.toThrow('enough')
})

test.each([
  [{ host: 'example.org', port: 7 }, 'not a numeric address: example.org'],
  [{ host: '127.0.0.1', port: 0 }, 'SCTP port 0: must be 1 to 65535'],
  [{ host: '127.0.0.1', port: 7, udpPort: 65_536 }, 'UDP port 65536: must be 1 to 65535'],
])('a peer that cannot be is refused with the reason', async (peer, reason) => {
  await expect(connect(peer)).rejects.toThrow(reason)
})

test.each([
  [{ outboundStreams: 0 }, 'outboundStreams 0: must be 1 to 65535'],
  [{ inboundStreams: 65_536 }, 'inboundStreams 65536: must be 1 to 65535'],
])('so is a number of streams that cannot be', async (changes, reason) => {
  await expect(Endpoint.open({ ...local(7), ...changes })).rejects.toThrow(reason)
})

test('a taken UDP port is an error with its code', async () => {
  await using server = await echoServer()
  const { udpPort } = server.address()
  await expect(Endpoint.open({ host: '127.0.0.1', udpPort, port: 8 })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})

test('a loop over the messages ends with the error of a lost association', async () => {
  await using server = await Endpoint.open({ ...local(7), listen: true })
  server.on('message', ({ association }) => server.abort(association, 'no more'))
  const connection = await connect(to(server))
  await connection.send({ data: Buffer.from('x') })
  const loop = async () => {
    for await (const message of connection) expect(message).toBeUndefined()
  }
  await expect(loop()).rejects.toMatchObject({ name: 'PeerAbortedError', causes: [{ code: 12 }] })
  await connection.close()
})

test('a client that was killed and comes back at the same ports restarts its association', async () => {
  await using server = await echoServer()
  const notifications: Notification[] = []
  server.on('notification', (notification) => notifications.push(notification))
  const first = await Endpoint.open(local(5000))
  const { udpPort } = first.address()
  await first.associate(to(server))
  // Killed: the socket goes, the peer hears nothing.
  await first.destroy()
  await using second = await Endpoint.open({ ...local(5000), udpPort })
  const association = await second.associate(to(server))
  const answered = new Promise<Message>((resolve) => {
    second.on('message', resolve)
  })
  second.send({ association, data: Buffer.from('again') })
  expect(text((await answered).data)).toBe('again')
  // Path MTU discovery notifies too, when it has an answer.
  expect(notifications.filter(({ type }) => type !== 'path-mtu')).toMatchObject([
    { type: 'association-up', restarted: false },
    { type: 'association-up', restarted: true },
  ])
})

test(
  'through a relay that loses 10 %, doubles 2 %, reorders 5 % and delays, all arrive once and in order',
  { timeout: 120_000 },
  async () => {
    await using server = await Endpoint.open({ ...local(7), listen: true })
    using relay = await UdpRelay.open({
      target: server.address().udpPort,
      loss: 0.1,
      duplicate: 0.02,
      reorder: 0.05,
      delayMillis: 5,
      seed: 1,
    })
    const count = 600
    const arrived: { stream: number; number: number }[] = []
    const complete = new Promise<void>((resolve) => {
      server.on('message', ({ stream, data }) => {
        arrived.push({ stream, number: Buffer.from(data).readUInt32BE() })
        if (arrived.length === count) resolve()
      })
    })
    const connection = await connect({ host: '127.0.0.1', udpPort: relay.port, port: 7 })
    for (let index = 0; index < count; index += 1) {
      const data = Buffer.alloc(1000)
      data.writeUInt32BE(index)
      await connection.send({ stream: index % 8, data })
    }
    await complete
    await connection.close(AbortSignal.timeout(30_000))
    expect(arrived).toHaveLength(count)
    expect(new Set(arrived.map(({ number }) => number)).size).toBe(count)
    for (let stream = 0; stream < 8; stream += 1) {
      const numbers = arrived.filter((each) => each.stream === stream).map(({ number }) => number)
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
    expect(relay.lost).toBeGreaterThan(0)
    expect(relay.duplicated).toBeGreaterThan(0)
    expect(relay.reordered).toBeGreaterThan(0)
  },
)
