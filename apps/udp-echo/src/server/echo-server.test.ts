import { execSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { sendFromManySources } from '@sockyard/testkit/peers'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { peerAt, startServer } from './server.testing.ts'

/** Generous: what is asserted is what comes, not how fast. */
const PATIENCE = { timeout: 15_000 }

const verdict = (name: string): string => `sockyard_udp_echo_verdicts_total{verdict="${name}"}`

// Every test starts processes; a busy machine takes several times as long.
vi.setConfig({ testTimeout: 60_000 })

describe.each(['native', 'node'])('the engine %s', (engine) => {
  const startWith = (...args: string[]) => serverWith('--engine', engine, ...args)

  describe('the echo', () => {
    it('is byte for byte, of 0 to 65,507 B, over IPv4 and IPv6 at one port', async () => {
      await using app = await startApp('udp-echo', ['--engine', engine, '--port', '0'])
      const { address, port } = await app.listening()
      expect(address).toBe('::')
      for (const host of ['127.0.0.1', '::1']) {
        await using peer = await peerAt(host)
        for (const size of [0, 1, 20, 1472, 65_507]) {
          const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251))
          const answer = once(peer.socket, 'message')
          await peer.send(bytes, port)
          const [echo, from] = (await answer) as [Buffer, { port: number }]
          expect(Buffer.compare(echo, bytes)).toBe(0)
          expect(from.port).toBe(port)
        }
      }
    })

    it('uses one family with -4 or -6', async () => {
      await using app = await startApp('udp-echo', ['--engine', engine, '-4', '--port', '0'])
      expect((await app.listening()).address).toBe('0.0.0.0')
    })

    it('warns when the kernel grants a smaller receive buffer than requested', async () => {
      await using server = await startWith('--receive-buffer', '1GiB')
      const line = await server.app.waitForLog(({ level }) => level === 'warn')
      expect(line).toMatchObject({ asked: 2 ** 30, msg: expect.stringContaining('rmem_max') })
    })
  })

  describe('what it does not answer', () => {
    it('1,000 datagrams from its own port elsewhere: 0 replies, logged and counted without a flood', async () => {
      await using server = await startWith()
      await using twin = await peerAt('127.0.0.2', server.port)
      for (let i = 0; i < 1000; i += 1) await twin.send('x', server.port)
      await expect.poll(() => server.metric(verdict('own-port')), PATIENCE).toBe(1000)
      await using honest = await peerAt()
      await honest.send('after', server.port)
      await expect.poll(() => honest.received.length, PATIENCE).toBe(1)
      expect(twin.received).toHaveLength(0)
      await server.app.waitForLog(({ suppressed }) => suppressed !== undefined)
      const told = server.app.lines.filter(({ msg }) => msg === 'not answered')
      expect(told[0]).toMatchObject({ address: '127.0.0.2', port: server.port, reason: 'own-port' })
      expect(told.length).toBeLessThan(100)
    })

    it('sources that are denied or not allowed', async () => {
      await using server = await startWith('--allow', '127.0.0.0/29', '--deny', '127.0.0.3')
      await using allowed = await peerAt('127.0.0.1')
      await using denied = await peerAt('127.0.0.3')
      await using stranger = await peerAt('127.0.0.9')
      for (const peer of [denied, stranger, allowed]) await peer.send('x', server.port)
      await expect.poll(() => allowed.received.length, PATIENCE).toBe(1)
      expect([denied.received, stranger.received]).toEqual([[], []])
      expect(await server.metric(verdict('denied'))).toBe(1)
      expect(await server.metric(verdict('not-allowed'))).toBe(1)
    })

    it('more than the rate of one source; the others are answered meanwhile', async () => {
      await using server = await startWith('--rate-limit', '100')
      await using flood = await peerAt('127.0.0.2')
      await using other = await peerAt('127.0.0.3')
      const since = performance.now()
      for (let i = 0; i < 3000; i += 1) await flood.send('x', server.port)
      await other.send('x', server.port)
      await expect.poll(() => other.received.length, PATIENCE).toBe(1)
      await expect
        .poll(async () => (await server.metric(verdict('rate-limited'))) + flood.received.length)
        .toBe(3000)
      const seconds = (performance.now() - since) / 1000
      expect(flood.received.length).toBeGreaterThanOrEqual(100)
      expect(flood.received.length).toBeLessThanOrEqual(100 + 100 * seconds)
    })

    it('never sends more bytes than it was sent', async () => {
      await using server = await startWith('--rate-limit', '10')
      await using peer = await peerAt()
      for (let i = 0; i < 100; i += 1) await peer.send(Buffer.alloc(i * 100), server.port)
      const bytes = (direction: string) =>
        server.metric(`sockyard_udp_bytes_total{direction="${direction}"}`)
      await expect.poll(() => bytes('received'), PATIENCE).toBe(495_000)
      expect(await bytes('sent')).toBeLessThanOrEqual(495_000)
      expect(await bytes('sent')).toBeGreaterThan(0)
    })
  })

  describe('floods and bursts', () => {
    it('100,000 sources: a new one is served', async () => {
      await using server = await startWith()
      await sendFromManySources(100_000, server.port, 'x', (sent) =>
        expect.poll(() => server.metric(verdict('answered')), PATIENCE).toBeGreaterThan(sent * 0.9),
      )
      await using peer = await peerAt('127.0.0.2')
      await peer.send('x', server.port)
      await expect.poll(() => peer.received.length, PATIENCE).toBe(1)
    })

    it('2,000 datagrams while it was stopped for 500 ms: 0 lost', async () => {
      await using server = await startWith()
      const peers = await Promise.all([2, 3, 4, 5].map((last) => peerAt(`127.0.0.${last}`)))
      server.app.kill('SIGSTOP')
      await Promise.all(
        peers.flatMap((peer) =>
          Array.from({ length: 500 }, () => peer.send(Buffer.alloc(64), server.port)),
        ),
      )
      await delay(500)
      const replies = (): number => peers.reduce((sum, { received }) => sum + received.length, 0)
      expect(replies()).toBe(0)
      server.app.kill('SIGCONT')
      await expect.poll(replies, PATIENCE).toBe(2000)
      expect(await server.metric('sockyard_udp_kernel_drops_total')).toBe(0)
      for (const peer of peers) await peer[Symbol.asyncDispose]()
    })

    it('exports what the kernel dropped: every datagram is received or counted as dropped', async () => {
      await using server = await startWith('--receive-buffer', '4KiB')
      await using peer = await peerAt()
      server.app.kill('SIGSTOP')
      for (let i = 0; i < 200; i += 1) await peer.send(Buffer.alloc(512), server.port)
      server.app.kill('SIGCONT')
      const received = 'sockyard_udp_datagrams_total{direction="received"}'
      const drops = (): Promise<number> => server.metric('sockyard_udp_kernel_drops_total')
      await expect.poll(async () => (await server.metric(received)) + (await drops())).toBe(200)
      expect(await drops()).toBeGreaterThan(100)
    })
  })

  it('sources take no descriptors: all of 1,000 are answered while none is free', async () => {
    await using server = await startWith()
    const adminPort = await server.app.adminPort()
    const descriptors = () => readdirSync(`/proc/${server.app.pid}/fd`).length
    const limit = (most: number) =>
      execSync(`/usr/bin/prlimit --pid ${server.app.pid} --nofile=${most}:20000`)
    const before = descriptors()
    limit(before)
    const admins = Array.from({ length: 200 }, () =>
      connect(adminPort, '127.0.0.1').on('error', () => {}),
    )
    const peers = await Promise.all(Array.from({ length: 1000 }, () => peerAt()))
    await Promise.all(peers.map((peer) => peer.send('x', server.port)))
    const unanswered = () => peers.filter(({ received }) => received.length === 0).length
    await expect.poll(unanswered, PATIENCE).toBe(0)
    // The limit is of numbers, and a few lower ones may have been free.
    expect(descriptors()).toBeLessThan(before + 5)
    limit(20_000)
    for (const admin of admins) admin.destroy()
    for (const peer of peers) await peer[Symbol.asyncDispose]()
    await expect.poll(descriptors, PATIENCE).toBeLessThanOrEqual(before + 2)
    expect(await server.metric(verdict('answered'))).toBe(1000)
  })

  it('SIGTERM under load: exit 0 in 6 s at most, twenty times of twenty', async () => {
    for (let batch = 0; batch < 5; batch += 1) {
      const exits = await Promise.all([1, 2, 3, 4].map(stopUnderLoad))
      for (const { code, millis, stderr } of exits) {
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(millis).toBeLessThan(6000)
      }
    }
  })

  async function stopUnderLoad() {
    await using server = await startWith()
    await using peer = await peerAt()
    const sending = setInterval(() => peer.socket.send('x', server.port, '127.0.0.1'), 1)
    await expect.poll(() => peer.received.length, PATIENCE).toBeGreaterThan(0)
    const since = performance.now()
    server.app.kill('SIGTERM')
    const { code } = await server.app.exited
    clearInterval(sending)
    return { code, millis: performance.now() - since, stderr: server.app.stderr }
  }

  it('a taken port is one line and exit code 1', async () => {
    await using server = await startWith()
    const args = ['--engine', engine, '--host', '127.0.0.1', '--port', String(server.port)]
    expect(await runApp('udp-echo', args)).toMatchObject({
      code: 1,
      stderr: `udp-echo: 127.0.0.1:${server.port}: the address is already in use\n`,
    })
  })
})

async function serverWith(...args: string[]) {
  const server = await startServer(...args)
  return { ...server, [Symbol.asyncDispose]: () => server.app[Symbol.asyncDispose]() }
}
