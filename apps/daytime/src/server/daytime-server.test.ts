import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'

import { decodeTime, parseDaytime } from '@sockyard/protocol/daytime'
import { type LogLine, type RunningApp, startApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const LOOPBACK = '127.0.0.1'
const HERE = ['--host', LOOPBACK, '--port', '0', '--time-port', '0']

let app: RunningApp
beforeAll(async () => {
  app = await startApp('daytime', HERE)
})
afterAll(() => app[Symbol.asyncDispose]())

async function portOf(service: string, transport: string): Promise<number> {
  const line = await app.waitForLog(
    (each) =>
      each['msg'] === 'listening' && each['service'] === service && each['transport'] === transport,
  )
  return Number(line['port'])
}

const nowNanos = (): bigint => Temporal.Now.instant().epochNanoseconds
const secondsFromNow = (nanos: bigint): number => Math.abs(Number(nanos - nowNanos()) / 1e9)

async function openSocket(port = 0, address = LOOPBACK): Promise<Socket> {
  const socket = createSocket('udp4').bind({ port, address })
  await once(socket, 'listening')
  return socket
}

/** Sends a datagram and gives back the one that answers it. */
async function askUdp(port: number, question = ''): Promise<Buffer> {
  const socket = await openSocket()
  const answer = once(socket, 'message')
  socket.send(question, port, LOOPBACK)
  const [bytes] = (await answer) as [Buffer]
  socket.close()
  return bytes
}

function momentOf(bytes: Uint8Array): bigint {
  const parsed = parseDaytime(bytes)
  if (!parsed.ok || parsed.value.nanos === null) throw new Error('no moment')
  return parsed.value.nanos
}

describe('daytime', () => {
  it('over TCP sends the date and the time in one line, and closes', async () => {
    const line = await buffer(connect(await portOf('daytime', 'tcp'), LOOPBACK))
    expect(line.toString()).toMatch(/^[A-Z]\w+day, [A-Z]\w+ \d+, \d{4} \d\d:\d\d:\d\d-UTC\r\n$/)
    expect(secondsFromNow(momentOf(line))).toBeLessThan(30)
  })

  it('over TCP ignores input from the client', async () => {
    const socket = connect(await portOf('daytime', 'tcp'), LOOPBACK)
    socket.write('x'.repeat(100_000))
    expect(await text(socket)).toMatch(/-UTC\r\n$/)
  })

  it.each(['', 'what time is it?'])(
    'over UDP answers the datagram %j in 64 B at most',
    async (question) => {
      const answer = await askUdp(await portOf('daytime', 'udp'), question)
      expect(answer.length).toBeLessThanOrEqual(64)
      expect(secondsFromNow(momentOf(answer))).toBeLessThan(30)
    },
  )
})

describe('time', () => {
  it('is the seconds since 1900 in four bytes, over TCP and UDP', async () => {
    const answers = [
      await buffer(connect(await portOf('time', 'tcp'), LOOPBACK)),
      await askUdp(await portOf('time', 'udp')),
    ]
    for (const answer of answers) {
      const decoded = decodeTime(answer, nowNanos())
      expect(decoded.ok && secondsFromNow(decoded.value)).toBeLessThan(30)
    }
  })
})

it('each client is in the log with its address and port', async () => {
  const socket = connect(await portOf('daytime', 'tcp'), LOOPBACK)
  await once(socket, 'connect')
  const { localPort } = socket
  await text(socket)
  const asked = ({ msg, port }: LogLine): boolean => msg === 'asked' && port === localPort
  expect(await app.waitForLog(asked)).toMatchObject({ transport: 'tcp', address: LOOPBACK })
})

describe('what must not be answered over UDP', () => {
  it('the port of the other Sockyard service, which would answer the answer', async () => {
    const forger = await openSocket(3037, '127.0.37.68')
    const heard: Buffer[] = []
    forger.on('message', (bytes) => heard.push(bytes))
    forger.send('', await portOf('daytime', 'udp'), LOOPBACK)
    const refused = await app.waitForLog(({ reason }) => reason === 'own-port')
    expect(refused).toMatchObject({ msg: 'not answered', port: 3037, service: 'daytime' })
    expect(heard).toEqual([])
    forger.close()
  })

  it('a source over the rate limit', async () => {
    await using limited = await startApp('daytime', [...HERE, '--rate-limit', '1'])
    const { port } = await limited.listening('udp')
    const socket = await openSocket()
    for (let sent = 0; sent < 20; sent += 1) socket.send('', port, LOOPBACK)
    await limited.waitForLog(({ reason }) => reason === 'rate-limited')
    const metrics = await fetch(`http://${LOOPBACK}:${await limited.adminPort()}/metrics`)
    const answered = /verdicts_total\{verdict="answered"\} (\d+)/.exec(await metrics.text())?.[1]
    expect(Number(answered)).toBeLessThan(10)
    socket.close()
  })
})

it('SIGTERM ends it with 0', async () => {
  await using stopped = await startApp('daytime', HERE)
  await stopped.waitForLog(({ service, transport }) => service === 'time' && transport === 'udp')
  stopped.kill()
  expect(await stopped.exited).toEqual({ code: 0, signal: null })
})
