import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterEach, describe, expect, it } from 'vitest'

import { metricValue, quiet, startEchoProcess } from '../testing/kit.ts'
import { createAddressList } from './address-list.ts'
import { AddressInUseError, NetworkError } from './errors.ts'
import {
  createTcpServer,
  type TcpConnection,
  type TcpServer,
  type TcpServerOptions,
} from './tcp-server.ts'

const running: TcpServer[] = []
const clients: Socket[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  for (const server of running.splice(0)) await server.stop(AbortSignal.abort())
})

function pipe({ socket }: TcpConnection): void {
  socket.pipe(socket)
}

/** An echo server; `call` connects to it. */
async function echo(options: Partial<TcpServerOptions> = {}): Promise<{
  server: TcpServer
  call: (from?: string) => Promise<Socket>
  metric: (line: string) => Promise<number>
}> {
  const { log, metrics } = quiet()
  const server = createTcpServer({ port: 0, log, metrics, onConnection: pipe, ...options })
  running.push(server)
  const { port } = await server.start()
  const call = async (from = '127.0.0.1'): Promise<Socket> => {
    const host = from.includes(':') ? '::1' : '127.0.0.1'
    const client = connect({ host, port, localAddress: from, allowHalfOpen: true })
    clients.push(client)
    client.on('error', () => {})
    await once(client, 'connect')
    return client
  }
  return { server, call, metric: async (line) => metricValue(await metrics.metrics(), line) }
}

async function echoed(client: Socket, words: string): Promise<string> {
  client.write(words)
  const [bytes] = (await once(client, 'data')) as [Buffer]
  return bytes.toString()
}

describe('what comes in goes out', () => {
  it('20 MB, then a half-close: the same bytes come back, then the end', async () => {
    const { call } = await echo()
    const client = await call()
    const sent = randomBytes(20 * 1024 * 1024)
    const chunks: Buffer[] = []
    client.on('data', (chunk: Buffer) => chunks.push(chunk))
    client.end(sent)
    await once(client, 'end')
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
  })

  it('also when the answer is ready only after the peer’s FIN', async () => {
    const { call } = await echo({
      onConnection: ({ socket }) => {
        socket.resume()
        socket.once('end', () => setTimeout(() => socket.end('late answer'), 20))
      },
    })
    const client = await call()
    client.end('question')
    expect(await text(client)).toBe('late answer')
  })

  it('over IPv4 and IPv6 at one port, the peer shown without a mapped prefix', async () => {
    const { call, server } = await echo()
    expect(await echoed(await call('127.0.0.1'), 'four')).toBe('four')
    expect(await echoed(await call('::1'), 'six')).toBe('six')
    expect([...server.connections].map(({ address }) => address)).toEqual(['127.0.0.1', '::1'])
  })

  it('is counted in bytes, also of connections that are over', async () => {
    const { call, metric, server } = await echo()
    const client = await call()
    await echoed(client, 'hello')
    client.end()
    await expect.poll(() => server.connections.size).toBe(0)
    expect(await metric('sockyard_tcp_bytes_total{direction="received"}')).toBe(5)
    expect(await metric('sockyard_tcp_bytes_total{direction="sent"}')).toBe(5)
    expect(await metric('sockyard_tcp_connections')).toBe(0)
  })
})

describe('a peer that misbehaves', () => {
  it('by resetting in the middle is counted, and the next one is served', async () => {
    const { call, metric, server } = await echo()
    const client = await call()
    client.write(Buffer.alloc(1_000_000))
    await once(client, 'data')
    client.resetAndDestroy()
    await expect.poll(() => server.connections.size).toBe(0)
    expect(await metric('sockyard_tcp_errors_total{code="ECONNRESET"}')).toBe(1)
    expect(await echoed(await call(), 'still here')).toBe('still here')
  })

  it('by saying nothing at first is told, and ended', async () => {
    const { call, metric } = await echo({
      firstDataMillis: 50,
      onExpired: ({ socket }, reason) => socket.write(reason),
    })
    const talker = await call()
    expect(await echoed(talker, 'x')).toBe('x')
    expect(await text(await call())).toBe('first-data')
    expect(await metric('sockyard_tcp_expired_total{reason="first-data"}')).toBe(1)
    expect(await echoed(talker, 'y')).toBe('y')
  })

  it('by idling is told, and ended', async () => {
    const { call, metric } = await echo({
      idleMillis: 50,
      onExpired: ({ socket }, reason) => socket.write(reason),
    })
    expect(await text(await call())).toBe('idle')
    expect(await metric('sockyard_tcp_expired_total{reason="idle"}')).toBe(1)
  })

  it('2,000 that send a byte now and then: a new one is served in 250 ms', async () => {
    const { call } = await echo({ maxConnections: 2_100 })
    const drippers: Socket[] = []
    for (let host = 1; drippers.length < 2_000; host += 1)
      drippers.push(
        ...(await Promise.all(Array.from({ length: 32 }, () => call(`127.0.1.${host}`)))),
      )
    const dripping = setInterval(() => {
      for (const dripper of drippers) dripper.write('.')
    }, 500)
    const waits: number[] = []
    for (let attempt = 0; attempt < 11; attempt += 1) {
      const started = performance.now()
      const client = await call('127.0.2.1')
      await echoed(client, 'new')
      waits.push(performance.now() - started)
    }
    clearInterval(dripping)
    expect(waits.toSorted((a, b) => a - b)[5]).toBeLessThan(250)
  })
})

describe('a peer that is not let in', () => {
  it('is told the one reason, and counted by it', async () => {
    const { call, metric } = await echo({
      maxConnections: 3,
      maxConnectionsPerAddress: 2,
      addresses: createAddressList({ deny: ['127.9.0.0/16'] }),
      onRefused: (socket, reason) => socket.write(reason),
    })
    await echoed(await call('127.0.0.1'), 'first')
    await echoed(await call('127.0.0.1'), 'second')
    expect(await text(await call('127.9.0.1'))).toBe('denied')
    expect(await text(await call('127.0.0.1'))).toBe('too-many-from-address')
    await echoed(await call('127.0.0.2'), 'third')
    expect(await text(await call('127.0.0.3'))).toBe('too-many')
    for (const reason of ['denied', 'too-many-from-address', 'too-many'])
      expect(await metric(`sockyard_tcp_refused_total{reason="${reason}"}`)).toBe(1)
  })

  it('gets in once another one left', async () => {
    const { call, server } = await echo({ maxConnectionsPerAddress: 1 })
    const first = await call()
    await echoed(first, 'in')
    first.end()
    await expect.poll(() => server.connections.size).toBe(0)
    expect(await echoed(await call(), 'in now')).toBe('in now')
  })

  it('because all descriptors are in use: 1,000 at a limit of 256, no crash, then served again', async () => {
    await using server = await startEchoProcess((node) => `sh -c "ulimit -n 256; exec ${node}"`)
    const crowd = Array.from({ length: 1_000 }, () => connect(server.port.tcp, '127.0.0.1'))
    clients.push(...crowd)
    await Promise.all(
      crowd.map(async (client) => {
        client.on('error', () => {})
        client.write('x')
        await Promise.race([once(client, 'close'), once(client, 'data')]).catch(() => {})
      }),
    )
    const served = crowd.filter((client) => client.readable && client.bytesRead === 1)
    expect(served).toHaveLength(128)
    const refused = await server.metrics()
    expect(metricValue(refused, 'sockyard_tcp_refused_total{reason="dropped"}')).toBeGreaterThan(0)
    expect(
      metricValue(refused, 'sockyard_tcp_refused_total{reason="dropped"}') +
        metricValue(refused, 'sockyard_tcp_refused_total{reason="too-many"}'),
    ).toBe(872)
    for (const client of crowd) client.destroy()
    await expect
      .poll(async () => metricValue(await server.metrics(), 'sockyard_tcp_connections'))
      .toBe(0)
    const client = connect(server.port.tcp, '127.0.0.1')
    clients.push(client)
    expect(await echoed(client, 'again')).toBe('again')
    expect(server.running()).toBe(true)
  })
})

describe('starting and stopping', () => {
  it('a taken port is one clear error', async () => {
    const other = createServer().listen(0, '::')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(echo({ port })).rejects.toThrow(AddressInUseError)
    other.close()
  })

  it('an address that is not ours is one clear error', async () => {
    await expect(echo({ host: '203.0.113.1' })).rejects.toThrow(NetworkError)
  })

  it('-4 and -6 listen on one family only', async () => {
    const four = await echo({ family: 4 })
    await expect(four.call('::1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const six = await echo({ family: 6 })
    await expect(six.call('127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('stop lets peers finish, and nobody in', async () => {
    const { call, server } = await echo({ onStopping: ({ socket }) => socket.write('bye') })
    const client = await call()
    await echoed(client, 'x')
    const stopped = server.stop(AbortSignal.timeout(60_000))
    expect((await once(client, 'data')).toString()).toBe('bye')
    await expect(call()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await echoed(client, 'one more')).toBe('one more')
    client.end()
    await stopped
  })

  it('stop ends those that do not finish in time', async () => {
    const { call, server } = await echo()
    const client = await call()
    await echoed(client, 'x')
    const drained = new AbortController()
    const stopped = server.stop(drained.signal)
    drained.abort()
    await stopped
    await once(client, 'end')
    expect(server.connections.size).toBe(0)
  })
})
