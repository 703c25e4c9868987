// A client whose server is hostile ends by itself, with an exit code of its own, in bounded memory and a few lines.
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import { canLimitMemory, memoryCgroup, runApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const MOST_OUTPUT_BYTES = 64 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 'x')

const ENDLESS = 'sends without an end'

/** What a server over TCP does with each connection. */
const OVER_TCP: Readonly<Record<string, (socket: Socket) => void>> = {
  [ENDLESS]: (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(CHUNK));
    }
    socket.on('drain', more).resume()
    more()
  },
  'says nothing, and never closes': (socket) => void socket.resume(),
  'resets at once': (socket) => void socket.resetAndDestroy(),
  'answers each byte with a line feed': (socket) => {
    socket.on('data', (bytes) => void socket.write(Buffer.alloc(bytes.length, '\n')))
  },
}

/** What a server over UDP answers, and how often. */
const OVER_UDP: Readonly<Record<string, { times: number; answer: (asked: Buffer) => Buffer }>> = {
  'answers 300 times': { times: 300, answer: (asked) => asked },
  'answers with 60,000 bytes': { times: 1, answer: () => CHUNK.subarray(0, 60_000) },
  'answers with noise': {
    times: 20,
    answer: (asked) => Buffer.from(crypto.getRandomValues(new Uint8Array(asked.length))),
  },
}

const FEW = '-c 2 -i 50ms -W 500ms'
const TCP_CLIENTS = [
  `tcp-echo ping TARGET ${FEW}`,
  'tcp-echo ping TARGET --bulk -w 500ms -W 500ms',
  'tcp-echo send TARGET hello -W 500ms',
  `daytime query TARGET ${FEW}`,
  'lookup sockname TARGET',
  'survey doctor tcp TARGET --wait 500ms',
]
const UDP_CLIENTS = [
  `udp-echo ping TARGET ${FEW}`,
  'udp-echo send TARGET hello -W 500ms',
  `daytime query TARGET -u ${FEW}`,
  `sntp-listener query TARGET ${FEW}`,
  'survey doctor udp TARGET --wait 500ms',
]

async function openTcp(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function openUdp(times: number, answer: (asked: Buffer) => Buffer): Promise<UdpSocket> {
  const socket = createSocket('udp4')
  socket.on('message', (asked, { address, port }) => {
    for (let time = 0; time < times; time += 1) socket.send(answer(asked), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** How the client ended: in time with 0 or 1, no stack trace and not much to read; otherwise what it said. */
async function endOf(client: string, { port }: AddressInfo): Promise<string> {
  const [name = '', ...words] = client.replace('TARGET', `127.0.0.1:${port}`).split(' ')
  using cgroup = canLimitMemory() ? memoryCgroup(`hostile-server-${process.pid}`) : undefined
  const { code, stdout, stderr } = await runApp(name, words, cgroup === undefined ? {} : { cgroup })
  const isCrash = (code !== 0 && code !== 1) || /^ +at /m.test(stderr)
  const isFlood = stdout.length + stderr.length > MOST_OUTPUT_BYTES
  return isCrash || isFlood ? `${code}: ${(stdout + stderr).slice(0, 2_000)}` : 'in order'
}

describe.each(Object.entries(OVER_TCP))('a server that %s', (what, onConnection) => {
  let server: Server
  beforeAll(async () => {
    server = await openTcp(onConnection)
  })
  afterAll(() => void server.close())

  // send shows what comes for as long as it comes: what has no end is the user's to stop.
  const clients = TCP_CLIENTS.filter((client) => what !== ENDLESS || !client.includes(' send '))
  it.each(clients)('%s', async (client) => {
    expect(await endOf(client, server.address() as AddressInfo)).toBe('in order')
  })

  it('chat join is ended by a signal', async () => {
    const { port } = server.address() as AddressInfo
    await using app = await startApp('chat', ['join', `127.0.0.1:${port}`])
    app.stdin.write('hello\n')
    const [ended] = await Promise.all([
      app.exited,
      Promise.race([once(server, 'connection'), app.exited]).then(() => app.kill('SIGTERM')),
    ])
    expect(ended.code).toBeOneOf([0, 1])
    expect(app.stderr).not.toMatch(/^ +at /m)
  })
})

describe.each(Object.entries(OVER_UDP))('a server that %s', (_what, { times, answer }) => {
  let socket: UdpSocket
  beforeAll(async () => {
    socket = await openUdp(times, answer)
  })
  afterAll(() => void socket.close())

  it.each(UDP_CLIENTS)('%s', async (client) => {
    expect(await endOf(client, socket.address())).toBe('in order')
  })
})
