import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAdmin } from './admin.ts'
import { createEventHub } from './event-hub.ts'
import { Counter, Registry } from './prometheus.ts'

const metrics = new Registry()
const events = createEventHub()
let isReady = false
let port = 0
let admin: ReturnType<typeof createAdmin>

beforeEach(async () => {
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void (port = JSON.parse(line).port ?? port) },
  )
  admin = createAdmin({ host: '127.0.0.1', port: 0, metrics, events, log, isReady: () => isReady })
  await admin.start()
})

afterEach(() => admin.stop())

/** Events of 64 KiB: 26 MB in all, far more than the kernel keeps for a peer. */
const PUBLISHED = 400

async function get(path: string, method = 'GET'): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  return { status: response.status, text: await response.text() }
}

async function connected(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

test('it lives at once and is ready when the service says so', async () => {
  expect(await get('/livez')).toEqual({ status: 200, text: 'live\n' })
  expect(await get('/readyz')).toEqual({ status: 503, text: 'not ready\n' })
  isReady = true
  expect(await get('/readyz?verbose')).toEqual({ status: 200, text: 'ready\n' })
})

test('metrics are in the text format of Prometheus', async () => {
  new Counter({ name: 'greetings_total', help: 'Greetings', registers: [metrics] }).inc(3)
  const { status, text } = await get('/metrics')
  expect(status).toBe(200)
  expect(text).toContain('\ngreetings_total 3\n')
})

test('anything else is refused', async () => {
  expect((await get('/')).status).toBe(404)
  expect((await get('/../etc/passwd')).status).toBe(404)
  expect((await get('/livez', 'POST')).status).toBe(405)
  expect((await get('/livez', 'DELETE')).status).toBe(405)
})

test('the events of the log arrive as they happen, and subscribers that leave cost nothing', async () => {
  const response = await new Promise<NodeJS.ReadableStream>((resolve) => {
    request({ port, host: '127.0.0.1', path: '/events' }, resolve).end()
  })
  events.publish('{"msg":"listening"}')
  const [chunk] = await once(response, 'data')
  expect(String(chunk)).toBe('data: {"msg":"listening"}\n\n')
})

test('an event stream that nobody reads is cut, and the others go on', async () => {
  const stuck = await connected()
  const listening = once(stuck, 'readable')
  stuck.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  const closed = once(stuck, 'close')
  await listening
  const line = JSON.stringify({ msg: 'x'.repeat(64 * 1024) })
  for (let published = 0; published < PUBLISHED; published += 1) events.publish(line)
  let received = 0
  stuck.on('data', (chunk) => (received += chunk.length)).resume()
  await closed
  expect(received).toBeLessThan((PUBLISHED * line.length) / 2)
  expect((await get('/livez')).status).toBe(200)
})

test('connections beyond the limit are closed, and those within it still served', async () => {
  const first = await connected()
  const others = await Promise.all(Array.from({ length: 80 }, connected))
  await Promise.race(others.map((socket) => once(socket.resume(), 'end')))
  first.write('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const [answer] = await once(first, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK/)
  for (const socket of [first, ...others]) socket.destroy()
})

test('stopping cuts whoever is connected', async () => {
  const idle = await connected()
  const streaming = await connected()
  streaming.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(streaming, 'data')
  const closed = Promise.all([idle, streaming].map((socket) => once(socket.resume(), 'close')))
  await admin.stop()
  expect(await closed).toHaveLength(2)
  await admin.start()
})

test('rubbish instead of a request is answered and forgotten', async () => {
  const socket = await connected()
  socket.write('\u0000\u0001\u0002\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 400 /)
  expect((await get('/livez')).status).toBe(200)
})
