import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterEach, describe, expect, test } from 'vitest'

import { quiet } from '../../testing/kit.ts'
import { AccessList } from '../access/access-list.ts'
import type { Proxies } from './proxy-headers.ts'
import { TcpServer, type TcpServerOptions } from './tcp-server.ts'

/** As long as a short header of a real one: `>`, the last number of the client's address, `;`. */
const decode: Proxies['decode'] = (bytes) => {
  const words = String(Buffer.from(bytes))
  if (!'>'.startsWith(words.slice(0, 1))) return { ok: false, error: new Error('no header') }
  const [header, number] = /^>(\d*);/.exec(words) ?? []
  if (header === undefined) return { ok: true, value: undefined }
  const source = { address: Uint8Array.of(192, 0, 2, Number(number)), port: 7 }
  const endpoints = number === '' ? undefined : { source }
  return { ok: true, value: { length: header.length, endpoints } }
}

describe.each(['node', 'native'] as const)('a TCP server behind proxies, on %s', (engine) => {
  const running: TcpServer[] = []
  const clients: Socket[] = []

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    for (const server of running.splice(0)) await server.stop(AbortSignal.abort())
  })

  /** Says to each client which address it has, and then what it sent; 127.0.0.2 is a proxy. */
  async function start(options: Partial<TcpServerOptions> = {}, deadlineMillis?: number) {
    const server = new TcpServer({
      port: 0,
      engine,
      log: quiet().log,
      proxies: {
        addresses: new AccessList({ allow: ['127.0.0.2'] }),
        decode,
        ...(deadlineMillis !== undefined && { deadlineMillis }),
      },
      onConnection(connection) {
        connection.write(Buffer.from(`${connection.address} `))
        return { onData: (_, bytes) => void connection.write(bytes) }
      },
      rejectionMessage: (reason) => Buffer.from(reason),
      ...options,
    })
    running.push(server)
    const { port } = await server.start()
    const call = async (localAddress = '127.0.0.2'): Promise<Socket> => {
      const client = connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true })
      clients.push(client.on('error', () => {}))
      await once(client, 'connect')
      return client
    }
    return { server, call }
  }

  test('the client is who the header tells; what comes with it is the client’s', async () => {
    const { call, server } = await start()
    const client = await call()
    client.end('>7;hello')
    expect(await text(client)).toBe('192.0.2.7 hello')
    await expect.poll(() => server.counters.get('received')).toBe('hello'.length)
  })

  test('a header in pieces is one, and the data after it goes on as it comes', async () => {
    const { call } = await start()
    const client = (await call()).setNoDelay()
    client.write('>2')
    await new Promise((resolve) => setTimeout(resolve, 20))
    client.write('0;')
    expect(String(await once(client, 'data'))).toBe('192.0.2.20 ')
    client.write('hello')
    expect(String(await once(client, 'data'))).toBe('hello')
    client.end()
    expect(await text(client)).toBe('')
  })

  test('a connection of the proxy’s own has the proxy’s address', async () => {
    const { call } = await start()
    const client = await call()
    client.end('>;')
    expect(await text(client)).toBe('127.0.0.2 ')
  })

  test('of another peer a header is data', async () => {
    const { call } = await start()
    const client = await call('127.0.0.3')
    client.end('>7;hello')
    expect(await text(client)).toBe('127.0.0.3 >7;hello')
  })

  test('access list and limits are about the client, not the proxy', async () => {
    const { call, server } = await start({
      addresses: new AccessList({ deny: ['127.0.0.2', '192.0.2.9'] }),
      maxConnectionsPerAddress: 1,
    })
    const answers = []
    for (const header of ['>7;', '>8;', '>7;', '>9;']) {
      const client = await call()
      client.write(header)
      answers.push(String(await once(client, 'data')))
    }
    expect(answers).toEqual(['192.0.2.7 ', '192.0.2.8 ', 'too-many-from-address', 'denied'])
    expect(rejections(server)).toMatchObject({ denied: 1, 'too-many-from-address': 1 })
  })

  test('without a header in time it is rejected', async () => {
    const { call, server } = await start({}, 200)
    const client = await call()
    client.write('>')
    expect(await text(client)).toBe('')
    expect(rejections(server)).toMatchObject({ 'proxy-header-missing': 1 })
  })

  test('no header before the end, a broken one: each is a counted rejection', async () => {
    const { call, server } = await start()
    const early = await call()
    early.end('>1')
    expect(await text(early)).toBe('')
    const broken = await call()
    broken.write('hello')
    await over(broken)
    expect(rejections(server)).toMatchObject({
      'proxy-header-missing': 1,
      'proxy-header-malformed': 1,
    })
    expect(server.counters.get('accepted')).toBe(0)
  })

  test('beyond the limit no more headers are awaited; a stopping server awaits none', async () => {
    const { call, server } = await start({ maxConnections: 1 })
    const waiting = await call()
    waiting.write('>')
    const other = await call()
    await over(other)
    expect(rejections(server)).toMatchObject({ 'too-many': 1 })
    const stopped = server.stop(AbortSignal.timeout(60_000))
    await over(waiting)
    await stopped
    expect(rejections(server)).toMatchObject({ stopping: 1 })
  })
})

/** Ended or reset by the server. */
async function over(client: Socket): Promise<void> {
  await Promise.race([once(client.resume(), 'end'), once(client, 'close')])
}

function rejections(server: TcpServer): Record<string, number> {
  return Object.fromEntries(server.counters.rejections())
}
