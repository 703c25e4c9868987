import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { decodeTime } from '@sockyard/protocol/daytime'
import { silentReader } from '@sockyard/testkit/peers'
import { expect, it, vi } from 'vitest'

import { datagrams, exchange, next, startInetd, visit } from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

const PATIENT = { timeout: 10_000 }

const stream = (host: string, name: string) => `${host}:0 stream tcp nowait - internal ${name}`
const dgram = (host: string, name: string) => `${host}:0 dgram udp wait - internal ${name}`
const now = () => BigInt(Date.now()) * 1_000_000n
const isNow = (bytes: Buffer) => {
  const read = decodeTime(bytes, now())
  return read.ok && Math.abs(Number(read.value - now())) < 60e9
}

it('echo, discard, daytime, time and chargen answer over TCP by their RFCs', async () => {
  const names = ['echo', 'discard', 'daytime', 'time', 'chargen']
  await using inetd = await startInetd(names.map((name, n) => stream(`127.0.0.${n + 1}`, name)))
  const at = async (n: number) => [`127.0.0.${n}`, await inetd.port(`127.0.0.${n}:0/tcp`)] as const
  const bytes = 'x'.repeat(1_000_000)
  expect(await exchange(...(await at(1)), bytes)).toBe(bytes)
  expect(await exchange(...(await at(2)), bytes)).toBe('')
  expect(await exchange(...(await at(3)), '')).toMatch(
    /^\w+, \w+ \d+, \d{4} \d\d:\d\d:\d\d-UTC\r\n$/,
  )
  const time = await visit(...(await at(4)))
  expect(isNow((await once(time, 'data'))[0] as Buffer)).toBe(true)
  const chargen = await visit(...(await at(5)))
  const pattern = await next(chargen)
  chargen.destroy()
  const [first = '', second = ''] = pattern.split('\r\n')
  expect([first.length, first.slice(0, 4), second.slice(0, 4)]).toEqual([72, ' !"#', '!"#$'])
})

it('chargen writes only as fast as its reader reads', async () => {
  await using inetd = await startInetd([stream('127.0.0.1', 'chargen')])
  const { socket } = await silentReader(await inetd.port('127.0.0.1:0/tcp'))
  const sent = () => inetd.metric('sockyard_tcp_bytes_total{direction="sent"}')
  let before = -1
  await vi.waitUntil(
    async () => {
      const bytes = await sent()
      const isSame = bytes === before
      before = bytes
      return isSame && bytes > 0
    },
    { timeout: 10_000, interval: 200 },
  )
  expect(before).toBeLessThan(20_000_000)
  socket.destroy()
})

it('echo, daytime and time answer datagrams, discard does not, and no answer is long', async () => {
  const names = ['echo', 'daytime', 'time', 'discard']
  await using inetd = await startInetd(names.map((name, n) => dgram(`127.0.0.${n + 1}`, name)))
  const client = await datagrams('127.0.0.9')
  const ask = async (n: number, text: string) => {
    client.send(text, await inetd.port(`127.0.0.${n}:0/udp`), `127.0.0.${n}`)
    return (await once(client, 'message'))[0] as Buffer
  }
  expect(String(await ask(1, 'hello'))).toBe('hello')
  const daytime = await ask(2, '')
  expect(String(daytime)).toMatch(/-UTC\r\n$/)
  expect(daytime.length).toBeLessThanOrEqual(64)
  expect(isNow(await ask(3, ''))).toBe(true)
  client.send('x', await inetd.port('127.0.0.4:0/udp'), '127.0.0.4')
  await vi.waitUntil(
    async () =>
      (await inetd.metric('sockyard_inetd_started_total{service="127.0.0.4:0/udp"}')) === 1,
    10_000,
  )
  client.close()
})

it('internal services never answer each other, nor faster than the limit', async () => {
  const lines = [dgram('127.0.0.1', 'echo'), '127.0.0.2:0 dgram udp wait.2 - internal echo']
  await using inetd = await startInetd(lines)
  const [one, two] = [await inetd.port('127.0.0.1:0/udp'), await inetd.port('127.0.0.2:0/udp')]
  // As if the second service had asked the first: the port is what a forger would put there.
  const forged = createSocket('udp4')
  forged.bind(two, '127.0.0.5')
  await once(forged, 'listening')
  forged.send('loop', one, '127.0.0.1')
  const refused = (host: string, reason: string) =>
    inetd.metric(`sockyard_inetd_refused_total{service="${host}:0/udp",reason="${reason}"}`)
  await expect.poll(() => refused('127.0.0.1', 'own-port'), PATIENT).toBe(1)
  const client = await datagrams('127.0.0.9')
  for (let sent = 0; sent < 5; sent += 1) client.send('x', two, '127.0.0.2')
  await expect.poll(() => refused('127.0.0.2', 'rate-limited'), PATIENT).toBe(3)
  forged.close()
  client.close()
})

it('a client that sends nothing is closed', async () => {
  await using inetd = await startInetd([stream('127.0.0.1', 'echo')], ['--idle-timeout', '200ms'])
  const socket = await visit('127.0.0.1', await inetd.port('127.0.0.1:0/tcp'))
  await once(socket.resume(), 'end')
  expect(await inetd.metric('sockyard_tcp_expired_total{reason="idle"}')).toBe(1)
})
