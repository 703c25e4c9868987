import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import type { Message, Notification } from '../association/notification.ts'
import type { Connection } from './connection.ts'
import { Endpoint } from './endpoint.ts'
import { connect } from './listener.ts'

/** Where Debian's libusrsctp-examples puts its programs. */
const PROGRAMS = '/usr/lib/usrsctp'
const present = existsSync(`${PROGRAMS}/client`)

/** A program of usrsctp while it runs. */
class Program implements Disposable {
  readonly process: ChildProcess
  stdout = ''

  constructor(name: string, args: readonly (string | number)[], stdio: 'pipe' | 'ignore' = 'pipe') {
    this.process = spawn('/usr/bin/stdbuf', ['-oL', `${PROGRAMS}/${name}`, ...args.map(String)], {
      stdio: ['pipe', stdio, 'ignore'],
    })
    this.process.stdout?.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString()
    })
  }

  say(text: string): void {
    this.process.stdin?.write(text)
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL')
  }
}

/** usrsctp must be told its UDP port and its peer's: a free one, found by binding it for a moment. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** Our client on a port that the program was told. */
async function connectTo(udpPort: number, port: number, ours: number): Promise<Connection> {
  const peer = { host: '127.0.0.1', udpPort, port, signal: AbortSignal.timeout(20_000) }
  return connect({ ...peer, local: { udpPort: ours } })
}

async function take(connection: Connection, count: number): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of connection) if (messages.push(message) === count) break
  return messages
}

const text = ({ data }: Message) => new TextDecoder().decode(data)

/** An endpoint of ours that keeps what it gets. */
async function openServer(port: number) {
  const endpoint = await Endpoint.open({ host: '127.0.0.1', udpPort: 0, port, listen: true })
  const messages: Message[] = []
  const notifications: Notification[] = []
  endpoint.on('message', (message) => messages.push(message))
  endpoint.on('notification', (notification) => notifications.push(notification))
  return { endpoint, messages, notifications, udpPort: endpoint.address().udpPort }
}

describe.runIf(present)(
  'with usrsctp, where Debian libusrsctp-examples is installed (in a container: tests/sctp.test.ts)',
  { timeout: 60_000 },
  () => {
    test('its echo_server echoes messages on each stream', async () => {
      const [theirs, ours] = [await freePort(), await freePort()]
      using _server = new Program('echo_server', [theirs, ours])
      const connection = await connectTo(theirs, 7, ours)
      for (let stream = 0; stream < 4; stream += 1) {
        await connection.send({ stream, protocolId: 5, data: Buffer.from(`stream ${stream}`) })
      }
      const messages = await take(connection, 4)
      expect(messages.map(text)).toEqual(['stream 0', 'stream 1', 'stream 2', 'stream 3'])
      expect(messages.map(({ stream }) => stream)).toEqual([0, 1, 2, 3])
      await connection.close()
    })

    test('its daytime_server sends the time and ends', async () => {
      const [theirs, ours] = [await freePort(), await freePort()]
      using _server = new Program('daytime_server', [theirs, ours])
      const connection = await connectTo(theirs, 13, ours)
      const messages: Message[] = []
      for await (const message of connection) messages.push(message)
      expect(messages).toHaveLength(1)
      expect(messages[0]?.protocolId).toBe(40)
      expect(Date.parse(messages.map(text).join())).toBeGreaterThan(Date.now() - 86_400_000)
      await connection.close()
    })

    test('its chargen server sends characters until the client ends', async () => {
      const [theirs, ours] = [await freePort(), await freePort()]
      using _server = new Program('chargen_server_upcall', [theirs, ours])
      const connection = await connectTo(theirs, 19, ours)
      await connection.send({ data: Buffer.from('go') })
      const messages = await take(connection, 5)
      for (const message of messages) expect(text(message)).toMatch(/^ !"#\$%&'\(\)\*\+,-/)
      await connection.close()
    })

    test('its client works with this server, several at once', async () => {
      const { endpoint, udpPort, notifications } = await openServer(9877)
      await using _closing = endpoint
      endpoint.on('message', ({ association, stream, data }) => {
        endpoint.send({ association, stream, data })
      })
      const ports = [await freePort(), await freePort(), await freePort()]
      const clients = ports.map(
        (port) => new Program('client', ['127.0.0.1', 9877, 0, port, udpPort]),
      )
      clients.forEach((client, index) => client.say(`hello from ${index}\n`))
      for (const [index, client] of clients.entries()) {
        await expect.poll(() => client.stdout, { timeout: 20_000 }).toContain(`hello from ${index}`)
      }
      for (const client of clients) client.process.stdin?.end()
      const ended = () => notifications.filter(({ type }) => type === 'shutdown-complete').length
      await expect.poll(ended, { timeout: 20_000 }).toBe(3)
      for (const client of clients) client[Symbol.dispose]()
    })

    test('its client that was killed and comes back at the same ports is served again', async () => {
      const { endpoint, messages, notifications, udpPort } = await openServer(9877)
      await using _closing = endpoint
      const port = await freePort()
      const args = ['127.0.0.1', 9877, 5050, port, udpPort]
      const first = new Program('client', args)
      first.say('before\n')
      await expect.poll(() => messages.map(text), { timeout: 20_000 }).toEqual(['before\n'])
      const ended = once(first.process, 'exit')
      first[Symbol.dispose]()
      await ended
      using second = new Program('client', args)
      second.say('after\n')
      await expect
        .poll(() => messages.map(text), { timeout: 20_000 })
        .toEqual(['before\n', 'after\n'])
      const ups = notifications.filter(({ type }) => type === 'association-up')
      expect(ups).toMatchObject([{ restarted: false }, { restarted: true }])
    })

    test('its tsctp sends 20,000 messages of 1,000 B, whole and in order', async () => {
      const { endpoint, messages, notifications, udpPort } = await openServer(5001)
      await using _closing = endpoint
      const port = await freePort()
      const args = ['-E', port, '-U', udpPort, '-D', '-l', 1000, '-n', 20_000, '127.0.0.1']
      using _client = new Program('tsctp', args, 'ignore')
      const ended = () => notifications.at(-1)?.type
      await expect.poll(ended, { timeout: 50_000 }).toBe('shutdown-complete')
      expect(messages).toHaveLength(20_000)
      expect(messages.every(({ data }) => data.length === 1000)).toBe(true)
      const inOrder = messages.every(({ sequence }, index) => sequence === (index & 0xffff))
      expect(inOrder).toBe(true)
    })

    test('its echo_server returns 20,000 messages of 1,000 B, whole and in order on each stream', async () => {
      const [theirs, ours] = [await freePort(), await freePort()]
      using _server = new Program('echo_server', [theirs, ours], 'ignore')
      const connection = await connectTo(theirs, 7, ours)
      const count = 20_000
      const streams = 4
      const sending = (async () => {
        for (let index = 0; index < count; index += 1) {
          const data = Buffer.alloc(1000, index & 0xff)
          data.writeUInt32BE(index)
          await connection.send({ stream: index % streams, data })
        }
      })()
      const next = Array.from({ length: streams }, (_, stream) => stream)
      let wrong = 0
      let received = 0
      for await (const { stream, data } of connection) {
        const number = Buffer.from(data).readUInt32BE()
        const expected = Buffer.alloc(1000, number & 0xff)
        expected.writeUInt32BE(number)
        if (number !== next[stream] || !expected.equals(data)) wrong += 1
        next[stream] = number + streams
        received += 1
        if (received === count) break
      }
      await sending
      expect(wrong).toBe(0)
      await connection.close()
    })
  },
)
