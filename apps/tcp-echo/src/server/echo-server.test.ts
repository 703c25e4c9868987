import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

import { fillPattern } from '@sockyard/protocol/echo'
import { resettingPeer, silentReader } from '@sockyard/testkit/peers'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const MEBIBYTE = 1024 * 1024

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  fillPattern(bytes, 0)
  return bytes
}

/** Sends all of it, then FIN, and gives what came back before the server's FIN. */
async function echoed(
  port: number,
  bytes: Uint8Array | string,
  host = '127.0.0.1',
): Promise<Buffer> {
  const socket = connect({ port, host, allowHalfOpen: true })
  socket.end(bytes)
  return buffer(socket)
}

/** A connection that the server has accepted: it has echoed a byte. */
async function openClient(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.write('x')
  await once(socket, 'data')
  return socket
}

async function metric(app: RunningApp, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ')[1] ?? Number.NaN)
}

/** Waits until a number does not change any more. */
async function settled(read: () => Promise<number>): Promise<number> {
  for (let before = -1; ;) {
    const now = await read()
    if (now === before) return now
    before = now
    await delay(250)
  }
}

const ENGINES = ['--engine node', '--engine native', '--engine native --workers 2']

describe.each(ENGINES)('the echo server with %s', (words) => {
  const ENGINE = words.split(' ')
  const LOCAL = ['--host', '127.0.0.1', '--port', '0', ...ENGINE]

  it('sends 20 MB back whole before its FIN, on several connections at once', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const { port } = await app.listening()
    const bytes = pattern(20_000_000)
    const answers = await Promise.all([1, 2, 3].map(() => echoed(port, bytes)))
    for (const answer of answers) expect(answer.equals(bytes)).toBe(true)
  })

  it('changes no byte, and answers nothing with nothing', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const { port } = await app.listening()
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    expect(await echoed(port, bytes)).toEqual(bytes)
    expect((await echoed(port, '')).length).toBe(0)
  })

  it('listens on IPv4 and IPv6 by default', async () => {
    await using app = await startApp('tcp-echo', ['--port', '0', ...ENGINE])
    const { port } = await app.listening()
    expect((await echoed(port, 'four', '127.0.0.1')).toString()).toBe('four')
    expect((await echoed(port, 'six', '::1')).toString()).toBe('six')
  })

  it('holds 64 KiB at most for a peer that writes and never reads, and has it all when it does', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const { port } = await app.listening()
    const bytes = pattern(64 * MEBIBYTE)
    const peers = await Promise.all([1, 2, 3, 4, 5].map(() => silentReader(port)))
    for (const { socket } of peers) socket.end(bytes)
    const received = 'sockyard_tcp_bytes_total{direction="received"}'
    expect(await settled(() => metric(app, received))).toBeLessThan(5 * bytes.length)
    const queued = (): Promise<number> => metric(app, 'sockyard_tcp_queued_bytes')
    expect(await queued()).toBeGreaterThan(0)
    expect(await queued()).toBeLessThanOrEqual(peers.length * 64 * 1024)
    expect((await echoed(port, 'others are served')).toString()).toBe('others are served')
    const [first, ...others] = peers
    for (const { socket } of others) socket.destroy()
    expect(first === undefined ? '' : (await buffer(first.socket)).equals(bytes)).toBe(true)
    await expect.poll(queued, { timeout: 20_000 }).toBe(0)
  })

  it('survives peers that reset the connection', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const { port } = await app.listening()
    await Promise.all(Array.from({ length: 20 }, () => resettingPeer(port, '127.0.0.1', 'half')))
    expect((await echoed(port, 'still here')).toString()).toBe('still here')
  })

  it('closes a connection on which nothing moves', async () => {
    await using app = await startApp('tcp-echo', [...LOCAL, '--idle-timeout', '200ms'])
    const socket = await openClient((await app.listening()).port)
    expect(await text(socket)).toBe('')
    expect(await metric(app, 'sockyard_tcp_expired_total{reason="idle"}')).toBe(1)
  })

  it('accepts the limit of connections from one address, and another when one has closed', async () => {
    const limits = ['--max-connections-per-address', '2']
    await using app = await startApp('tcp-echo', [...LOCAL, ...limits])
    const { port } = await app.listening()
    const held = [await openClient(port), await openClient(port)]
    expect((await echoed(port, '')).length).toBe(0)
    expect(await metric(app, 'sockyard_tcp_refused_total{reason="too-many-from-address"}')).toBe(1)
    for (const socket of held) socket.destroy()
    await app.waitForLog(({ msg, id }) => msg === 'disconnected' && id === 2)
    expect((await echoed(port, 'welcome again')).toString()).toBe('welcome again')
  })

  it('does not serve a denied client', async () => {
    await using app = await startApp('tcp-echo', [...LOCAL, '--deny', '127.0.0.0/8'])
    const socket = connect({ port: (await app.listening()).port, host: '127.0.0.1' })
    expect(await text(socket)).toBe('')
    expect(await metric(app, 'sockyard_tcp_refused_total{reason="denied"}')).toBe(1)
  })

  it('serves a new client at once beside 2,000 that send a byte now and then', async () => {
    const limits = ['--max-connections-per-address', '3000', '--max-connections', '3000']
    await using app = await startApp('tcp-echo', [...LOCAL, ...limits])
    const { port } = await app.listening()
    const dripping: Socket[] = []
    for (let n = 0; n < 20; n++)
      dripping.push(...(await Promise.all(Array.from({ length: 100 }, () => openClient(port)))))
    for (const socket of dripping) socket.resume()
    let next = 0
    const drip = setInterval(() => dripping[next++ % dripping.length]?.write('x'), 1)
    const times: number[] = []
    for (let n = 0; n < 5; n++) {
      const start = performance.now()
      ;(await openClient(port)).destroy()
      times.push(performance.now() - start)
    }
    clearInterval(drip)
    for (const socket of dripping) socket.destroy()
    expect(dripping.length).toBe(2000)
    expect(Math.min(...times)).toBeLessThan(250)
  })

  it('logs each connect and disconnect in a line, with a limit', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const { port } = await app.listening()
    await echoed(port, 'hello')
    const gone = await app.waitForLog(({ msg }) => msg === 'disconnected')
    expect(gone).toMatchObject({ id: 1, address: '127.0.0.1', receivedBytes: 5, sentBytes: 5 })
    for (let n = 0; n < 10; n++)
      await Promise.all(Array.from({ length: 30 }, () => echoed(port, 'x')))
    await app.waitForLog(({ msg, suppressed }) => msg === 'connected' && suppressed !== undefined)
    const seconds = await metric(app, 'sockyard_tcp_connection_seconds_count')
    expect(seconds).toBe(301)
    expect(app.lines.length).toBeLessThan(200)
  })

  it('exits with 0 on SIGTERM, and sends idle clients FIN', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const socket = await openClient((await app.listening()).port)
    app.kill('SIGTERM')
    expect(await text(socket)).toBe('')
    expect(await app.exited).toEqual({ code: 0, signal: null })
  })

  it('drains connections when stopped', async () => {
    await using app = await startApp('tcp-echo', LOCAL)
    const { port } = await app.listening()
    const bytes = pattern(20_000_000)
    const answer = openClient(port).then((socket) => {
      socket.end(bytes)
      app.kill('SIGTERM')
      return buffer(socket)
    })
    expect((await answer).equals(bytes)).toBe(true)
    expect((await app.exited).code).toBe(0)
  })

  it('ends with 0 in time though a peer never reads', async () => {
    await using app = await startApp('tcp-echo', [...LOCAL, '--drain-timeout', '500ms'])
    await using peer = await silentReader((await app.listening()).port)
    peer.socket.write(pattern(32 * MEBIBYTE))
    await app.waitForLog(({ msg }) => msg === 'connected')
    app.kill('SIGTERM')
    expect((await app.exited).code).toBe(0)
  })
})
