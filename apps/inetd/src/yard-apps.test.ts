import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { internetAddress, internetEndpoint } from '@sockyard/net/address'
import { NativeSocket } from '@sockyard/posix/socket'
import { describe, expect, it, vi } from 'vitest'

import { datagrams, exchange, startInetd } from './inetd.testing.ts'

// Node starts slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const YARD_APP = fileURLToPath(new URL('../yard-app', import.meta.url))

it('a process of tcp-echo serves each client, or one serves all', async () => {
  const lines = [
    `127.0.0.1:0 stream tcp nowait - ${YARD_APP} yard-app tcp-echo`,
    `127.0.0.2:0 stream tcp wait - ${YARD_APP} yard-app tcp-echo --inetd-idle 300ms --admin-port 0`,
  ]
  await using inetd = await startInetd(lines)
  const bytes = 'x'.repeat(1_000_000)
  expect(await exchange('127.0.0.1', await inetd.port('127.0.0.1:0/tcp'), bytes)).toBe(bytes)
  const waiting = await inetd.port('127.0.0.2:0/tcp')
  const answers = await Promise.all([1, 2, 3].map(() => exchange('127.0.0.2', waiting, bytes)))
  expect(answers.every((answer) => answer === bytes)).toBe(true)
  for (const service of ['127.0.0.1:0/tcp', '127.0.0.2:0/tcp'])
    await inetd.app.waitForLog((line) => line['service'] === service && line['end'] === '0')
  const started = 'sockyard_inetd_started_total{service="127.0.0.2:0/tcp"}'
  expect(await inetd.metric(started)).toBe(1)
})

it('daytime answers over a connection, over a passed socket, and over datagrams', async () => {
  const wait = 'yard-app daytime --inetd-idle 300ms --admin-port 0'
  const lines = [
    `127.0.0.1:0 stream tcp nowait - ${YARD_APP} yard-app daytime`,
    `127.0.0.2:0 stream tcp wait - ${YARD_APP} ${wait}`,
    `127.0.0.3:0 dgram udp wait - ${YARD_APP} ${wait}`,
  ]
  await using inetd = await startInetd(lines)
  for (const host of ['127.0.0.1', '127.0.0.2'])
    expect(await exchange(host, await inetd.port(`${host}:0/tcp`), '')).toMatch(/-UTC\r\n$/)
  const client = await datagrams('127.0.0.1')
  client.send('', await inetd.port('127.0.0.3:0/udp'), '127.0.0.3')
  expect(String((await once(client, 'message'))[0])).toMatch(/-UTC\r\n$/)
  client.close()
})

it('udp-echo is started by the first datagram, answers it, and ends when there are no more', async () => {
  const line = `127.0.0.1:0 dgram udp wait - ${YARD_APP} yard-app udp-echo --inetd-idle 300ms --admin-port 0`
  await using inetd = await startInetd([line])
  const port = await inetd.port('127.0.0.1:0/udp')
  const client = await datagrams('127.0.0.1')
  for (const text of ['first', 'second']) {
    client.send(text, port, '127.0.0.1')
    expect(String((await once(client, 'message'))[0])).toBe(text)
  }
  await inetd.app.waitForLog(({ msg, end }) => msg === 'ended' && end === '0')
  client.send('third', port, '127.0.0.1')
  expect(String((await once(client, 'message'))[0])).toBe('third')
  client.close()
})

it('an app that reads datagrams by itself holds the lists of inetd', async () => {
  const line = `127.0.0.1:0 dgram udp wait - ${YARD_APP} yard-app udp-echo --inetd-idle 20s --admin-port 0`
  await using inetd = await startInetd([line], ['--deny', '127.0.0.7,192.0.2.0/24'])
  const port = await inetd.port('127.0.0.1:0/udp')
  const [client, denied] = [await datagrams('127.0.0.8'), await datagrams('127.0.0.7')]
  let answers = 0
  denied.on('message', () => (answers += 1))
  for (const text of ['first', 'second', 'third']) {
    client.send(text, port, '127.0.0.1')
    expect(String((await once(client, 'message'))[0])).toBe(text)
    denied.send(text, port, '127.0.0.1')
  }
  expect(answers).toBe(0)
  client.close()
  denied.close()
})

const CASES = ['udp-echo', 'daytime'].flatMap((app) =>
  ['native', 'node'].map((engine) => [app, engine] as const),
)
const ANSWERS: Readonly<Record<string, RegExp>> = { 'udp-echo': /^hello$/, daytime: /-UTC\r\n$/ }
const SOCAT = '/usr/bin/socat'

describe('a UDP socket that is connected to the first client, as udpsvd of busybox passes it', () => {
  it.each(CASES)('%s with the engine %s answers, and ends with 0', async (app, engine) => {
    const client = await datagrams('127.0.0.1')
    const socket = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
    socket.bind(internetAddress('127.0.0.1', 0))
    socket.connect(internetAddress('127.0.0.1', client.address().port))
    const { port = 0 } = internetEndpoint(socket.localAddress()) ?? {}
    client.send('hello', port, '127.0.0.1')
    const { descriptor } = socket
    const service = spawn(YARD_APP, [app, '--engine', engine, '--inetd-idle', '300ms'], {
      stdio: [descriptor, descriptor, 'ignore'],
    })
    const ended = once(service, 'exit')
    socket.close()
    expect(String((await once(client, 'message'))[0])).toMatch(ANSWERS[app] ?? /^$/)
    expect(await ended).toEqual([0, null])
    client.close()
  })

  it.runIf(existsSync(SOCAT)).each(CASES)(
    '%s with the engine %s, under socat',
    async (app, engine) => {
      const client = await datagrams('127.0.0.1')
      const free = await datagrams('127.0.0.1')
      const { port } = free.address()
      free.close()
      await once(free, 'close')
      const command = `EXEC:${YARD_APP} ${app} --engine ${engine} --inetd-idle 300ms,nofork`
      const socat = spawn(SOCAT, ['-d', '-d', `UDP4-LISTEN:${port},bind=127.0.0.1`, command])
      const ended = once(socat, 'exit')
      const [listening] = (await once(socat.stderr, 'data')) as [Buffer]
      expect(String(listening)).toContain('listening')
      client.send('hello', port, '127.0.0.1')
      expect(String((await once(client, 'message'))[0])).toMatch(ANSWERS[app] ?? /^$/)
      expect(await ended).toEqual([0, null])
      client.close()
    },
  )
})
