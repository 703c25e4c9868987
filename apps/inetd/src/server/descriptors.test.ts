import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { afterEach, expect, it, vi } from 'vitest'

import { exchange, startInetd } from '../inetd.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const LIMIT = 200
const clients: Socket[] = []

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

/** Clients that the service has answered, or closed. */
async function crowd(host: string, port: number, count: number): Promise<void> {
  const connecting = Array.from({ length: count }, async () => {
    const socket = connect({ port, host })
    clients.push(socket)
    socket.on('error', () => {}).resume()
    socket.write('x')
    await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => {})
  })
  await Promise.all(connecting)
}

it.each(['node', 'native'])(
  'services share the descriptors of the process: two that are full leave it its health and its log (%s)',
  async (engine) => {
    const hosts = ['127.0.0.1', '127.0.0.2']
    const lines = hosts.map((host) => `${host}:0 stream tcp nowait - internal echo`)
    const args = ['--engine', engine, '--max-connections-per-address', '1000']
    await using inetd = await startInetd(lines, args, { descriptors: LIMIT })
    const warning = await inetd.app.waitForLog(({ msg }) => msg === 'few descriptors')
    const ports = await Promise.all(hosts.map((host) => inetd.port(`${host}:0/tcp`)))
    for (const [index, host] of hosts.entries()) await crowd(host, ports[index] ?? 0, LIMIT)
    expect(inetd.descriptors().length).toBeLessThan(LIMIT)
    expect(await inetd.metric('sockyard_tcp_connections')).toBeLessThanOrEqual(
      Number(warning['connections']),
    )
    const ready = await fetch(`http://127.0.0.1:${await inetd.app.adminPort()}/readyz`)
    expect(ready.status).toBe(200)
    const hasRefused = inetd.app.lines.some(({ msg, reason }) => msg === 'refused' && reason)
    expect(hasRefused).toBe(true)
    for (const socket of clients) socket.destroy()
    const again = () => exchange('127.0.0.1', ports[0] ?? 0, 'again').catch(() => '')
    await expect.poll(again, { timeout: 10_000 }).toBe('again')
  },
)
