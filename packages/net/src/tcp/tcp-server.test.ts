import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

import { canMakeNamespaces, twoHosts } from '@sockyard/testkit/network'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { quiet, startEchoProcess, startProcess } from '../../testing/kit.ts'
import { AccessList } from '../access/access-list.ts'
import { LocalPeerCounter } from '../access/peer-counter.ts'
import { AddressInUseError, NetworkError } from '../errors/errors.ts'
import { echo } from './echo.ts'
import type { ConnectionHandler, TcpConnection } from './tcp-connection.ts'
import { TcpServer, type TcpServerOptions } from './tcp-server.ts'

const MEBIBYTE = 1024 * 1024

const bytesOf = (words: string): Uint8Array => Buffer.from(words)
const inside = (namespace: string) => (node: string) => `ip netns exec ${namespace} ${node}`
const withFewDescriptors = (node: string): string => `sh -c "ulimit -n 256; exec ${node}"`

async function none({ connections }: TcpServer): Promise<void> {
  await expect.poll(() => connections.size, { timeout: 5_000 }).toBe(0)
}

// Processes start slowly on a busy machine, and so do timers.
vi.setConfig({ testTimeout: 30_000 })

describe.each(['node', 'native'] as const)('a TCP server on the engine %s', (engine) => {
  const running: TcpServer[] = []
  const clients: Socket[] = []

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    for (const server of running.splice(0)) await server.stop(AbortSignal.abort())
  })

  /** A server, by default an echo; `call` connects to it. */
  async function start(options: Partial<TcpServerOptions> = {}): Promise<{
    server: TcpServer
    call: (from?: string) => Promise<Socket>
  }> {
    const { log } = quiet()
    const server = new TcpServer({ port: 0, engine, log, onConnection: () => echo, ...options })
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
    return { server, call }
  }

  describe('what comes in goes out', () => {
    it('20 MB, then a half-close: the same bytes come back, then the end', async () => {
      const { call } = await start()
      const sent = randomBytes(20 * MEBIBYTE)
      const answers = [1, 2, 3].map(async () => {
        const client = await call()
        client.end(sent)
        return buffer(client)
      })
      for (const answer of await Promise.all(answers)) expect(answer.equals(sent)).toBe(true)
    })

    it('also when the answer is ready only after the peer’s FIN', async () => {
      const late: ConnectionHandler = {
        onData() {},
        onEnd(connection) {
          setTimeout(() => {
            connection.write(bytesOf('late answer'))
            connection.end()
          }, 20)
        },
      }
      const { call } = await start({ onConnection: () => late })
      const client = await call()
      client.end('question')
      expect(await text(client)).toBe('late answer')
    })

    it('also when it was paused for the answer: the peer’s FIN is reported after it', async () => {
      const heard: string[] = []
      const slow: ConnectionHandler = {
        onData(connection) {
          connection.pause()
          setTimeout(() => {
            heard.push('answer')
            connection.write(bytesOf('late answer'))
            connection.resume()
          }, 50)
        },
        onEnd(connection) {
          heard.push('end')
          connection.end()
        },
      }
      const { call } = await start({ onConnection: () => slow })
      const client = await call()
      client.end('question')
      expect(await text(client)).toBe('late answer')
      expect(heard).toEqual(['answer', 'end'])
    })

    it('also when the server ends first: what the peer sends still arrives', async () => {
      const heard: string[] = []
      const { call, server } = await start({
        onConnection(connection) {
          connection.write(bytesOf('ready'))
          connection.end()
          return { onData: (_, bytes) => void heard.push(String(Buffer.from(bytes))) }
        },
      })
      const client = await call()
      expect(String(await once(client, 'data'))).toBe('ready')
      await once(client, 'end')
      client.write('after the FIN')
      await expect.poll(() => heard.join('')).toBe('after the FIN')
      client.end()
      await none(server)
    })

    it('a write larger than the socket buffers is kept, reported by a drain, and arrives whole', async () => {
      const sent = randomBytes(8 * MEBIBYTE)
      const told: string[] = []
      const { call, server } = await start({
        onConnection(connection) {
          told.push(`write ${connection.write(sent)}`)
          return {
            onData() {},
            onDrain() {
              told.push(`drain ${connection.queuedBytes}`)
              connection.end()
            },
          }
        },
      })
      const client = await call()
      await delay(50)
      const [connection] = server.connections
      expect(connection?.queuedBytes).toBeGreaterThan(0)
      expect((await buffer(client)).equals(sent)).toBe(true)
      expect(told).toEqual(['write false', 'drain 0'])
    })

    it('many small writes to a peer that does not read are kept in their order', async () => {
      const { call } = await start({
        onConnection(connection) {
          for (let line = 0; line < 30_000; line += 1)
            connection.write(bytesOf(`${line} of many\n`))
          connection.end()
          return { onData() {} }
        },
      })
      const lines = (await text(await call())).split('\n')
      expect(lines).toHaveLength(30_001)
      expect(lines.slice(0, -1).every((line, index) => line === `${index} of many`)).toBe(true)
    })

    it('a paused connection reads nothing, and all of it once it is resumed', async () => {
      let heard = 0
      const { call, server } = await start({
        onConnection(connection) {
          setTimeout(() => connection.pause(), 0)
          return { onData: (_, bytes) => void (heard += bytes.length) }
        },
      })
      const client = await call()
      await delay(20)
      client.end(randomBytes(16 * MEBIBYTE))
      await delay(100)
      // Node's own stream buffers a little.
      expect(heard).toBeLessThan(MEBIBYTE)
      const [connection] = server.connections
      connection?.resume()
      await expect.poll(() => heard).toBe(16 * MEBIBYTE)
      await none(server)
    })

    it('over IPv4 and IPv6 at one port, the peer shown without a mapped prefix', async () => {
      const { call, server } = await start()
      const four = await call('127.0.0.1')
      expect(await echoed(four, 'four')).toBe('four')
      expect(await echoed(await call('::1'), 'six')).toBe('six')
      const [first, second] = [...server.connections] as [TcpConnection, TcpConnection]
      expect([first.address, second.address]).toEqual(['127.0.0.1', '::1'])
      expect([first.localAddress, second.localAddress]).toEqual(['127.0.0.1', '::1'])
      expect([first.port, first.localPort]).toEqual([four.localPort, four.remotePort])
    })

    it('is counted in bytes, also of connections that are over', async () => {
      const { call, server } = await start()
      const client = await call()
      await echoed(client, 'hello')
      const [connection] = server.connections
      expect([connection?.bytesReceived, connection?.bytesSent]).toEqual([5, 5])
      client.end()
      await none(server)
      const { counters } = server
      expect([counters.get('received'), counters.get('sent')]).toEqual([5, 5])
      expect([counters.get('accepted'), counters.get('open')]).toEqual([1, 0])
    })

    it('what was gathered in a poll can be sent in one batch after it', async () => {
      const batches: string[] = []
      let gathered = ''
      const { call } = await start({
        onConnection: () => ({
          onData: (_, bytes) => void (gathered += String(Buffer.from(bytes))),
        }),
        afterPoll() {
          if (gathered !== '') batches.push(gathered)
          gathered = ''
        },
      })
      const client = await call()
      client.write('one')
      await expect.poll(() => batches).toEqual(['one'])
      client.write('two')
      await expect.poll(() => batches).toEqual(['one', 'two'])
    })
  })

  describe('a peer that misbehaves', () => {
    it('by resetting in the middle is counted, its handler notified, and the next one served', async () => {
      const errors: (string | undefined)[] = []
      const { call, server } = await start({
        onConnection: () => ({ ...echo, onClose: (_, error) => void errors.push(error?.message) }),
      })
      const client = await call()
      client.write(Buffer.alloc(1_000_000))
      await once(client, 'data')
      client.resetAndDestroy()
      await none(server)
      expect(Object.fromEntries(server.counters.errors())['ECONNRESET']).toBe(1)
      expect(errors).toEqual([expect.stringContaining('ECONNRESET')])
      expect(await echoed(await call(), 'still here')).toBe('still here')
    })

    it('by resetting while nothing is read is detected, without a busy loop', async () => {
      const { call, server } = await start({
        onConnection(connection) {
          setTimeout(() => connection.pause(), 0)
          return { onData() {} }
        },
      })
      const client = await call()
      await delay(20)
      client.resetAndDestroy()
      await delay(50)
      const [connection] = server.connections
      const before = process.cpuUsage()
      await delay(200)
      expect(process.cpuUsage(before).user).toBeLessThan(150_000)
      connection?.resume()
      await none(server)
    })

    it("by ending while nothing is read, after the server's FIN, costs nothing either", async () => {
      const { call, server } = await start({
        onConnection(connection) {
          connection.end()
          setTimeout(() => connection.pause(), 0)
          return { onData() {} }
        },
      })
      const client = await call()
      await delay(20)
      client.end('unread')
      await delay(50)
      const before = process.cpuUsage()
      await delay(200)
      expect(process.cpuUsage(before).user).toBeLessThan(150_000)
      for (const connection of server.connections) connection.resume()
      await none(server)
    })

    it('without a first byte in time is notified, and closed', async () => {
      const { call, server } = await start({
        firstDataMillis: 50,
        expiryMessage: (_, reason) => bytesOf(reason),
      })
      const talker = await call()
      expect(await echoed(talker, 'x')).toBe('x')
      expect(await ended(await call())).toBe('first-data')
      expect(Object.fromEntries(server.counters.expiries())).toMatchObject({ 'first-data': 1 })
      expect(await echoed(talker, 'y')).toBe('y')
    })

    it('by idling is notified, and closed though it goes on sending', async () => {
      const { call, server } = await start({
        idleMillis: 50,
        expiryMessage: (_, reason) => bytesOf(reason),
      })
      const client = await call()
      const [words] = (await once(client, 'data')) as [Buffer]
      expect(String(words)).toBe('idle')
      const dripping = setInterval(() => client.write('x'), 10)
      await none(server)
      clearInterval(dripping)
      expect(Object.fromEntries(server.counters.expiries())).toMatchObject({ idle: 1 })
    })

    it('by not reading is ended as idle too', async () => {
      const { call, server } = await start({ idleMillis: 100 })
      const client = await call()
      client.pause()
      client.write(Buffer.alloc(32 * MEBIBYTE))
      await expect.poll(() => server.counters.get('accepted')).toBe(1)
      await none(server)
      expect(Object.fromEntries(server.counters.expiries())).toMatchObject({ idle: 1 })
    })

    it('whose host sent no segment for too long is aborted', async () => {
      const { call, server } = await start({ deadPeerMillis: 400 })
      const client = await call()
      await once(client.resume(), 'end')
      client.end()
      expect(Object.fromEntries(server.counters.expiries())).toMatchObject({ vanished: 1 })
      await none(server)
    })

    it.runIf(canMakeNamespaces())(
      'that talks stays, and once it vanished without a FIN is given up',
      async () => {
        using hosts = twoHosts('sockyard-gone')
        const args = ['--dead-peer-millis', '2000', '--engine', engine]
        await using server = await startEchoProcess(inside(hosts.host), ...args)
        await using client = startProcess(
          new URL('../../testing/tcp-client.ts', import.meta.url),
          inside(hosts.peer),
          '10.77.0.1',
          String(server.port.tcp),
        )
        for (let echoes = 0; echoes < 30; echoes += 1) await client.next('echo')
        expect(await server.counts()).toMatchObject({ vanished: 0 })
        hosts.disconnect()
        await expect
          .poll(() => server.counts(), { timeout: 10_000 })
          .toMatchObject({ vanished: 1, open: 0 })
      },
    )

    it('2,000 that send a byte now and then do not keep a new one waiting', async () => {
      const { call } = await start({ maxConnections: 2_100 })
      const drippers: Socket[] = []
      for (let host = 1; drippers.length < 2_000; host += 1)
        drippers.push(
          ...(await Promise.all(Array.from({ length: 32 }, () => call(`127.0.1.${host}`)))),
        )
      const dripping = setInterval(() => {
        for (const dripper of drippers) dripper.write('.')
      }, 500)
      for (let attempt = 0; attempt < 11; attempt += 1)
        expect(await echoed(await call('127.0.2.1'), 'new')).toBe('new')
      clearInterval(dripping)
    })
  })

  describe('a connection that the server closes', () => {
    it('by aborting ends with a RST', async () => {
      const { call } = await start({
        onConnection: () => ({ onData: (connection) => connection.abort() }),
      })
      const client = await call()
      const failed = once(client, 'error')
      client.write('x')
      expect(await failed).toMatchObject([{ code: 'ECONNRESET' }])
    })

    it('lingering: the peer reads the message though it still sends', async () => {
      const { call, server } = await start({
        onConnection(connection) {
          connection.write(bytesOf('goodbye'))
          connection.lingeringClose()
          return { onData() {} }
        },
      })
      const client = await call()
      client.write('x'.repeat(1_000_000))
      expect(await text(client)).toBe('goodbye')
      client.end()
      await none(server)
    })

    it('lingering: a peer that never ends is not waited for', async () => {
      const { call, server } = await start({
        onConnection(connection) {
          connection.lingeringClose(50)
          return { onData() {} }
        },
      })
      const client = await call()
      client.resume()
      await none(server)
      expect(client.writable).toBe(true)
    })

    it('notifies its handler, after the call and once', async () => {
      const told: string[] = []
      const { call, server } = await start({
        onConnection: () => ({
          onData(connection) {
            connection.destroy()
            connection.destroy()
            told.push(`destroyed ${connection.write(bytesOf('no'))}`)
          },
          onClose: () => void told.push('closed'),
        }),
      })
      const client = await call()
      client.write('x')
      await none(server)
      await delay(10)
      expect(told).toEqual(['destroyed false', 'closed'])
    })
  })

  describe('a connection that is not accepted', () => {
    it('gets the one reason, and is counted by it', async () => {
      const { call, server } = await start({
        maxConnections: 3,
        maxConnectionsPerAddress: 2,
        addresses: new AccessList({ deny: ['127.9.0.0/16'] }),
        rejectionMessage: bytesOf,
      })
      await echoed(await call('127.0.0.1'), 'first')
      await echoed(await call('127.0.0.1'), 'second')
      expect(await ended(await call('127.9.0.1'))).toBe('denied')
      expect(await ended(await call('127.0.0.1'))).toBe('too-many-from-address')
      await echoed(await call('127.0.0.2'), 'third')
      expect(await ended(await call('127.0.0.3'))).toBe('too-many')
      expect(Object.fromEntries(server.counters.rejections())).toMatchObject({
        denied: 1,
        'too-many-from-address': 1,
        'too-many': 1,
      })
      expect(server.counters.get('sent')).toBe('firstsecondthird'.length)
    })

    it('because another server, with which it shares its limits, has so many', async () => {
      const limits = { maxConnections: 1, peers: new LocalPeerCounter() }
      const [one, other] = [await start(limits), await start(limits)]
      const first = await one.call()
      await echoed(first, 'in')
      await ended(await other.call('127.0.0.2'))
      expect(Object.fromEntries(other.server.counters.rejections())).toMatchObject({
        'too-many': 1,
      })
      first.end()
      await none(one.server)
      expect(await echoed(await other.call('127.0.0.2'), 'in now')).toBe('in now')
    })

    it('is accepted once another one has closed', async () => {
      const { call, server } = await start({ maxConnectionsPerAddress: 1 })
      const first = await call()
      await echoed(first, 'in')
      first.end()
      await none(server)
      expect(await echoed(await call(), 'in now')).toBe('in now')
    })

    it('because all descriptors are in use: 1,000 at a limit of 256, no crash, then served again', async () => {
      await using server = await startEchoProcess(withFewDescriptors, '--engine', engine)
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
      // Of those that are free when it listens, all but a quarter.
      expect(served.length).toBeGreaterThan(160)
      expect(served.length).toBeLessThan(192)
      const { dropped = 0, 'too-many': tooMany = 0 } = await server.counts()
      expect(dropped + tooMany).toBe(1_000 - served.length)
      for (const client of crowd) client.destroy()
      await expect.poll(() => server.counts()).toMatchObject({ open: 0 })
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
      await expect(start({ port })).rejects.toThrow(AddressInUseError)
      other.close()
    })

    it('an address that is not local is one clear error', async () => {
      await expect(start({ host: '203.0.113.1' })).rejects.toThrow(NetworkError)
    })

    it('-4 and -6 listen on one family only', async () => {
      const four = await start({ family: 4 })
      await expect(four.call('::1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      const six = await start({ family: 6 })
      await expect(six.call('127.0.0.1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    })

    it('stop lets connections finish, and accepts none', async () => {
      const { call, server } = await start({
        onStopping: (connection) => void connection.write(bytesOf('bye')),
      })
      const client = await call()
      await echoed(client, 'x')
      const stopped = server.stop(AbortSignal.timeout(60_000))
      expect((await once(client, 'data')).toString()).toBe('bye')
      await expect(call()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      expect(await echoed(client, 'one more')).toBe('one more')
      client.end()
      await stopped
    })

    it('stop ends those on which nothing moves, where that was asked for', async () => {
      const { call, server } = await start({ drainIdleMillis: 500 })
      const client = await call()
      await echoed(client, 'x')
      const busy = await call()
      const sent = randomBytes(4 * MEBIBYTE)
      busy.end(sent)
      const stopped = server.stop(AbortSignal.timeout(60_000))
      expect((await buffer(busy)).equals(sent)).toBe(true)
      expect(await ended(client)).toBe('')
      await stopped
    })

    it('stop ends those that do not finish in time', async () => {
      const { call, server } = await start()
      const client = await call()
      await echoed(client, 'x')
      const drained = new AbortController()
      const stopped = server.stop(drained.signal)
      drained.abort()
      await stopped
      await once(client, 'end')
      expect(server.connections.size).toBe(0)
    })

    it('a server that never started can be stopped', async () => {
      const { log } = quiet()
      const server = new TcpServer({ port: 0, engine, log, onConnection: () => echo })
      await expect(server.stop(AbortSignal.abort())).resolves.toBeUndefined()
    })
  })
})

describe('one connection at a time', () => {
  it('the others wait in the backlog, and after the last one the server is finished', async () => {
    const { log } = quiet()
    const server = new TcpServer({
      port: 0,
      engine: 'native',
      log,
      maxConcurrent: 1,
      acceptCount: 2,
      onConnection: () => echo,
    })
    const { port } = await server.start()
    const clients = [1, 2, 3].map(() => connect(port, '127.0.0.1').on('error', () => {}))
    for (const client of clients) client.write('x')
    const [first, second, third] = clients as [Socket, Socket, Socket]
    const closed = new Promise<void>((resolve) => void third.once('close', () => resolve()))
    await once(first, 'data')
    await delay(50)
    expect(server.counters.get('accepted')).toBe(1)
    first.end()
    await once(second, 'data')
    second.end()
    await server.finished
    await closed
    await server.stop(AbortSignal.abort())
  })
})

async function echoed(client: Socket, words: string): Promise<string> {
  client.write(words)
  const [bytes] = (await once(client, 'data')) as [Buffer]
  return bytes.toString()
}

/** What it still reads; then it ends its side too. */
async function ended(client: Socket): Promise<string> {
  const read = await text(client)
  client.end()
  return read
}
