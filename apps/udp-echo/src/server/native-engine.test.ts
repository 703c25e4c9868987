import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { peerAt, startServer } from './server.testing.ts'

const PATIENCE = { timeout: 15_000 }
const verdict = (name: string): string => `sockyard_udp_echo_verdicts_total{verdict="${name}"}`
const WITHOUT_KOFFI = fileURLToPath(
  new URL('../../../../packages/service/testing/without-koffi.mjs', import.meta.url),
)

vi.setConfig({ testTimeout: 60_000 })

describe('by its destination', () => {
  it('a datagram is answered from its destination address', async () => {
    const { app, port } = await startServer('--engine', 'native', '--host', '::')
    await using _app = app
    await using peer = await peerAt()
    for (const address of ['127.0.0.1', '127.0.0.7', '127.9.9.9']) {
      const answer = once(peer.socket, 'message')
      peer.socket.send(address, port, address)
      expect((await answer)[1]).toMatchObject({ address, port })
    }
  })

  it.each([
    ['127.255.255.255', 'broadcast-destination'],
    ['239.255.77.7', 'multicast-destination'],
  ])('what was sent to %s is not answered', async (address, reason) => {
    const { app, port, metric } = await startServer('--engine', 'native', '--host', '0.0.0.0')
    await using _app = app
    await using peer = await peerAt()
    await using member = await peerAt('127.0.0.1')
    member.socket.addMembership('239.255.77.7', '127.0.0.1')
    peer.socket.setBroadcast(true)
    peer.socket.setMulticastInterface('127.0.0.1')
    await new Promise((resolve) => peer.socket.send('x', port, address, resolve))
    await peer.send('after', port)
    await expect.poll(() => peer.received.map(String), PATIENCE).toEqual(['after'])
    expect(await metric(verdict(reason))).toBe(1)
    await app.waitForLog(({ reason: told }) => told === reason)
  })
})

describe('--workers', () => {
  it('a source has one rate, whatever its ports and however many threads there are', async () => {
    const { app, port, metric } = await startServer('--workers', '3', '--rate-limit', '5')
    await using _app = app
    const peers = await Promise.all(Array.from({ length: 40 }, () => peerAt('127.0.0.5')))
    await Promise.all(peers.map((peer) => peer.send('x', port)))
    const sum = async (): Promise<number> =>
      (await metric(verdict('answered'))) + (await metric(verdict('rate-limited')))
    await expect.poll(sum, PATIENCE).toBe(40)
    expect(await metric(verdict('answered'))).toBeLessThan(20)
    for (const peer of peers) await peer[Symbol.asyncDispose]()
  })

  it('many sources are shared out, and all are answered and counted', async () => {
    const { app, port, metric } = await startServer('--workers', '3')
    await using _app = app
    const addresses = Array.from({ length: 60 }, (_, index) => `127.0.1.${index + 1}`)
    const peers = await Promise.all(addresses.map((address) => peerAt(address)))
    await Promise.all(peers.map((peer) => peer.send('x', port)))
    const unanswered = () => peers.filter(({ received }) => received.length === 0).length
    await expect.poll(unanswered, PATIENCE).toBe(0)
    expect(await metric('sockyard_udp_datagrams_total{direction="sent"}')).toBe(60)
    for (const peer of peers) await peer[Symbol.asyncDispose]()
  })

  it('is an error with the engine node', async () => {
    expect(await runApp('udp-echo', ['--engine', 'node', '--workers', '2'])).toMatchObject({
      code: 2,
      stderr: 'udp-echo: --workers 2: requires the engine native: asked for\n',
    })
  })
})

describe('which engine', () => {
  it('is the faster one by default', async () => {
    const { app } = await startServer('--log-level', 'debug')
    await using _app = app
    expect(await app.waitForLog(({ msg }) => msg === 'engine')).toMatchObject({ engine: 'native' })
  })

  it('and a design other than the default are logged', async () => {
    await using app = await startApp('udp-echo', ['--port', '0', '--design', 'parallel'])
    expect(await app.waitForLog(({ msg }) => msg === 'engine')).toMatchObject({
      engine: 'native',
      design: 'parallel',
      workers: 4,
    })
  })

  it('is the engine node where koffi is missing, and the log has the reason', async () => {
    const env = { NODE_OPTIONS: `--import=${WITHOUT_KOFFI}` }
    await using app = await startApp('udp-echo', ['--port', '0'], { env })
    expect(await app.waitForLog(({ msg }) => msg === 'engine')).toMatchObject({
      engine: 'node',
      why: 'koffi cannot be loaded',
    })
    const { port } = await app.listening()
    const peer = createSocket('udp4')
    peer.send('x', port, '127.0.0.1')
    await once(peer, 'message')
    peer.close()
  })

  it('that was requested and cannot run is one line and exit code 2', async () => {
    const env = { NODE_OPTIONS: `--import=${WITHOUT_KOFFI}` }
    expect(await runApp('udp-echo', ['--engine', 'native', '--port', '0'], { env })).toMatchObject({
      code: 2,
      stderr: 'udp-echo: --engine native: cannot run here: koffi cannot be loaded\n',
    })
  })
})

it('a second signal ends it at once, also while its thread waits', async () => {
  const { app } = await startServer('--engine', 'native')
  await using _app = app
  app.kill('SIGTERM')
  app.kill('SIGTERM')
  const { code } = await app.exited
  expect([0, 143]).toContain(code)
})
