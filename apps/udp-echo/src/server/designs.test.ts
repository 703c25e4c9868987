import { once } from 'node:events'
import { readdirSync } from 'node:fs'

import { runApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { type Peer, peerAt, startServer } from './server.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const PATIENCE = { timeout: 10_000 }
const VERDICTS = 'sockyard_udp_echo_verdicts_total'

/** How long until so many datagrams were sent and all are back, in ms. */
async function exchange(peer: Peer, port: number, count: number): Promise<number> {
  const began = performance.now()
  const sent = Array.from({ length: count }, (_, index) => peer.send(`datagram ${index}`, port))
  await Promise.all(sent)
  while (peer.received.length < count) await once(peer.socket, 'message')
  return performance.now() - began
}

describe.each([
  'iterative',
  'parallel',
  'iterative --engine node',
  'event-loop --engine node --think 1ms',
])('udp-echo --design %s', (words) => {
  const design = ['--design', ...words.split(' ')]

  it('sends every datagram back, byte for byte, and counts it', async () => {
    const { app, port, metric } = await startServer(...design)
    await using _ = app
    await using peer = await peerAt()
    await exchange(peer, port, 200)
    const expected = Array.from({ length: 200 }, (_each, index) => `datagram ${index}`)
    expect(new Set(peer.received.map(String))).toEqual(new Set(expected))
    expect(await metric(`${VERDICTS}{verdict="answered"}`)).toBe(200)
  })

  it('logs sources that it does not answer, and keeps no descriptor', async () => {
    const { app, port, metric } = await startServer(...design, '--deny', '127.0.0.9')
    await using _ = app
    await using denied = await peerAt('127.0.0.9')
    await using peer = await peerAt()
    await exchange(peer, port, 1)
    const descriptors = (): number => readdirSync(`/proc/${app.pid}/fd`).length
    const before = descriptors()
    await denied.send('x', port)
    await expect.poll(() => metric(`${VERDICTS}{verdict="denied"}`), PATIENCE).toBe(1)
    await exchange(peer, port, 100)
    expect(descriptors()).toBeLessThanOrEqual(before + 2)
    expect(denied.received).toEqual([])
  })

  it('answers queued datagrams when stopped, and exits with 0', async () => {
    const { app, port, metric } = await startServer(...design, '--think', '300ms')
    await using _ = app
    await using peer = await peerAt()
    const answer = once(peer.socket, 'message')
    await peer.send('under way', port)
    await expect.poll(() => metric(`${VERDICTS}{verdict="answered"}`), PATIENCE).toBe(1)
    app.kill('SIGTERM')
    expect(String((await answer)[0])).toBe('under way')
    expect(await app.exited).toEqual({ code: 0, signal: null })
  })
})

it('--think: one after the other takes it for each datagram, in parallel once for all', async () => {
  const times = new Map<string, number>()
  for (const design of ['iterative', 'parallel', 'event-loop']) {
    const { app, port } = await startServer('--design', design, '--think', '500ms')
    await using _ = app
    await using peer = await peerAt()
    times.set(design, (await exchange(peer, port, 4)) / 500)
  }
  const { iterative = 0, ...others } = Object.fromEntries(times)
  expect(iterative).toBeGreaterThan(3.9)
  for (const time of Object.values(others)) expect(time).toBeLessThan(iterative - 0.5)
})

it('parallel: no more at a time than there are threads', async () => {
  const { app, port } = await startServer(
    '--design',
    'parallel',
    '--workers',
    '2',
    '--think',
    '300ms',
  )
  await using _ = app
  await using peer = await peerAt()
  expect(await exchange(peer, port, 4)).toBeGreaterThan(2 * 290)
})

it.each(['iterative', 'event-loop'])(
  '%s: more than may wait is dropped and counted',
  async (design) => {
    const queue = ['--max-queue', '5', '--think', '1s', '--drain-timeout', '0']
    const { app, port, metric } = await startServer('--design', design, ...queue)
    await using _ = app
    await using peer = await peerAt()
    for (let sent = 0; sent < 20; sent += 1) await peer.send(String(sent), port)
    const busy = (): Promise<number> => metric(`${VERDICTS}{verdict="busy"}`)
    await expect.poll(busy, PATIENCE).toBeGreaterThanOrEqual(14)
    expect((await busy()) + (await metric(`${VERDICTS}{verdict="answered"}`))).toBe(20)
  },
)

it.each([
  ['--design iterative --workers 2', '--workers 2: cannot be combined with --design iterative'],
  ['--workers 2 --think 1s', '--workers 2: cannot be combined with --think'],
])('refuses "%s" in one line', async (words, message) => {
  const { code, stderr } = await runApp('udp-echo', ['--port', '0', ...words.split(' ')])
  expect(stderr).toBe(`udp-echo: ${message}\n`)
  expect(code).toBe(2)
})
