import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { Counter, Gauge, Registry } from '../metrics/prometheus.ts'
import { createAdmin } from './admin.ts'
import { EventHub } from './events.ts'

const metrics = new Registry()
const events = new EventHub()
let isReady = false
let port = 0
let admin: ReturnType<typeof createAdmin>

beforeEach(async () => {
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void (port = JSON.parse(line).port ?? port) },
  )
  admin = createAdmin({
    host: '127.0.0.1',
    port: 0,
    origins: ['http://console.example'],
    metrics,
    events,
    log,
    isReady: () => isReady,
  })
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

test('it is live at once and ready when the service is', async () => {
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

test('the metrics of the service alone are those without Node', async () => {
  new Gauge({ name: 'own_now', help: 'Own', registers: [metrics] }).set(4)
  new Gauge({ name: 'nodejs_x', help: 'Of Node', registers: [metrics] }).set(5)
  const { status, text } = await get('/metrics/service')
  expect(status).toBe(200)
  expect(text).toContain('\nown_now 4\n')
  expect(text).not.toContain('nodejs_x')
})

test('anything else is refused', async () => {
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
  expect(String(chunk)).toMatch(/^id: \S+\ndata: \{"msg":"listening"\}\n\n$/)
})

test('an event stream that is not read is closed, and the others continue', async () => {
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

test('idle connections make room for one with a request', async () => {
  const quiet = await Promise.all(Array.from({ length: 200 }, connected))
  for (const path of ['/livez', '/readyz', '/metrics']) expect((await get(path)).text).not.toBe('')
  for (const socket of quiet) socket.destroy()
})

test('event streams that are not read leave room for health checks', async () => {
  const streams = await Promise.all(Array.from({ length: 100 }, connected))
  for (const socket of streams) socket.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  const answers = await Promise.all(streams.map(async (socket) => once(socket, 'data')))
  const served = answers.filter(([chunk]) => String(chunk).startsWith('HTTP/1.1 200 '))
  const refused = answers.filter(([chunk]) => String(chunk).startsWith('HTTP/1.1 503 '))
  expect([served.length, refused.length]).toEqual([16, 84])
  expect((await get('/livez')).status).toBe(200)
  for (const socket of streams) socket.destroy()
})

test.each(['/events', '/metrics'])('pipelined requests for %s end the connection', async (path) => {
  const socket = await connected()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let answers = 0
  socket.on('data', (chunk) => (answers += String(chunk).split('HTTP/1.1').length - 1))
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(2_000))
  await closed
  expect(answers).toBeLessThanOrEqual(1)
})

test('rendering metrics takes a small part of the time, with any number of requests', async () => {
  let rendered = 0
  const collect = (): void => {
    rendered += 1
    const began = performance.now()
    while (performance.now() - began < 5);
  }
  metrics.registerMetric(
    new Gauge({ name: 'renderings', help: 'Renderings', registers: [], collect }),
  )
  const sockets = await Promise.all(Array.from({ length: 30 }, connected))
  for (const socket of sockets) socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n')
  await Promise.all(sockets.map((socket) => once(socket, 'data')))
  expect(rendered).toBeLessThan(15)
  for (const socket of sockets) socket.destroy()
})

test('/ lists what there is, and HEAD works everywhere', async () => {
  const { status, text } = await get('/')
  expect(status).toBe(200)
  isReady = true
  for (const path of ['/livez', '/readyz', '/metrics', '/events', '/options', '/peers']) {
    expect(text).toContain(`${path}\t`)
    expect(await get(path, 'HEAD')).toEqual({ status: 200, text: '' })
  }
})

/** The origin whose pages may read an answer to a page of this one. */
async function allowed(origin: string): Promise<string | null> {
  const { headers } = await fetch(`http://127.0.0.1:${port}/livez`, { headers: { origin } })
  expect(headers.get('vary')).toBe('Origin')
  return headers.get('access-control-allow-origin')
}

test('pages of configured origins may read the answers, others may not', async () => {
  expect(await allowed('http://console.example')).toBe('http://console.example')
  expect(await allowed('http://evil.example')).toBeNull()
})

test.each([
  ['evil.example', 421],
  ['rebound.evil.example:9101', 421],
  ['127.0.0.1:9101', 200],
  ['[::1]:9101', 200],
  ['localhost', 200],
  ['tcp-echo:9101', 200],
  ['tcp-echo.yard.svc.cluster.local', 200],
])('a request for the host %s is answered with %i', async (host, status) => {
  const socket = await connected()
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain(`HTTP/1.1 ${status} `)
  socket.destroy()
})

test('a subscriber that comes back gets what it has missed', async () => {
  const first = await connected()
  first.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(first, 'data')
  events.publish('{"n":1}')
  const [chunk] = await once(first, 'data')
  first.destroy()
  const id = /id: (\S+)/.exec(String(chunk))?.[1]
  for (const n of [2, 3]) events.publish(`{"n":${n}}`)
  const second = await connected()
  let text = ''
  second.on('data', (more) => (text += String(more)))
  second.write(`GET /events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: ${id}\r\n\r\n`)
  await vi.waitFor(() => expect(text).toContain('{"n":3}'), 20_000)
  expect([...text.matchAll(/data: (.*)/g)].map(([, json]) => json)).toEqual(['{"n":2}', '{"n":3}'])
  second.destroy()
})

test('what is kept for replay is bounded', () => {
  const hub = new EventHub()
  for (let n = 0; n < 1_000; n += 1) hub.publish('x'.repeat(n % 2 === 0 ? 10 : 10_000))
  const kept = hub.after('unknown')
  expect(kept.reduce((bytes, { json }) => bytes + json.length, 0)).toBeLessThanOrEqual(256 * 1024)
  for (let n = 0; n < 1_000; n += 1) hub.publish('x')
  expect(hub.after('unknown')).toHaveLength(256)
})

test('stopping closes open connections', async () => {
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

test('a request with a body that never ends is answered, and its connection closed', async () => {
  const socket = await connected()
  const closed = once(socket, 'close')
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
  await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*\r\nConnection: close\r\n/))
  socket.on('drain', more)
  more()
  await closed
})
