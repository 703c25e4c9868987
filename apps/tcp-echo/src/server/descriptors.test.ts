import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { afterEach, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const PATIENCE = { timeout: 20_000 }
/** What is not used by the admin endpoint meanwhile, or by threads that were started later. */
const MOST = 0.8
const LIMITS = '--max-connections-per-address 3000 --max-connections 3000'
const clients: Socket[] = []

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

function start(words: string, descriptors: number): Promise<RunningApp> {
  const args = `--host 127.0.0.1 --port 0 ${LIMITS} ${words}`
  return startApp('tcp-echo', args.split(' '), { descriptors })
}

/** So many clients that each sent a byte; the answer of each that the server serves. */
async function crowd(port: number, count: number): Promise<void> {
  const connecting = Array.from({ length: count }, async () => {
    const socket = connect({ port, host: '127.0.0.1' })
    clients.push(socket)
    socket.on('error', () => {}).resume()
    socket.write('x')
    await once(socket, 'connect').catch(() => {})
  })
  await Promise.all(connecting)
}

async function echoed(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(text)
  return (await buffer(socket).catch(() => Buffer.alloc(0))).toString()
}

async function admin(app: RunningApp, path: string): Promise<string> {
  const headers = { connection: 'close' }
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}${path}`, { headers })
  return response.text()
}

async function metric(app: RunningApp, name: string): Promise<number> {
  const lines = (await admin(app, '/metrics')).split('\n')
  return Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1] ?? Number.NaN)
}

const ENGINES = ['--engine node', '--engine native', '--engine native --workers 2']

describe.each(ENGINES)('with few descriptors, %s', (words) => {
  it.each([128, 256])(
    'of %i most are for connections, and the rest keeps it serving',
    async (limit) => {
      await using app = await start(words, limit)
      const { port } = await app.listening()
      const warning = await app.waitForLog(({ msg }) => msg === 'few descriptors')
      expect(warning).toMatchObject({ level: 'warn', limit, maxConnections: 3000 })
      const room = Number(warning['connections'])
      expect(room).toBeGreaterThan(limit / 2)
      await crowd(port, 1_000)
      const reasons = ['too-many', 'dropped']
      const handled = async (): Promise<number> => {
        const names = reasons.map((reason) => `sockyard_tcp_refused_total{reason="${reason}"}`)
        const counts = ['sockyard_tcp_connections', ...names].map((name) => metric(app, name))
        return (await Promise.all(counts)).reduce((sum, each) => sum + each)
      }
      await expect.poll(handled, PATIENCE).toBe(1_000)
      const open = (): Promise<number> => metric(app, 'sockyard_tcp_connections')
      expect(await open()).toBeLessThanOrEqual(room)
      expect(await open()).toBeGreaterThan(room * MOST)
      expect(await admin(app, '/readyz')).toBe('ready\n')
      for (const socket of clients) socket.destroy()
      await expect.poll(open, { timeout: 2_000 }).toBe(0)
      expect(await echoed(port, 'recovered')).toBe('recovered')
      expect(app.lines.filter(({ msg }) => msg === 'accept failed')).toEqual([])
    },
  )
})

describe.each(['--engine node', '--engine native'])('with hardly any, %s', (words) => {
  it.each([26, 27, 28, 32])('of %i it serves again soon after all have left', async (limit) => {
    await using app = await start(words, limit)
    const { port } = await app.listening()
    await app.waitForLog(({ msg }) => msg === 'few descriptors')
    await crowd(port, 1_000)
    for (const socket of clients) socket.destroy()
    await expect.poll(() => echoed(port, 'again'), { timeout: 10_000 }).toBe('again')
  })
})
