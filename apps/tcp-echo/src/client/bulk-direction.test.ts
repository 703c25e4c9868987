import { spawn, spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { tcpBulkEvent } from '@sockyard/protocol/results'
import { runApp, startApp } from '@sockyard/testkit/process'
import { expect, it, onTestFinished, vi } from 'vitest'

import { peer } from './peer.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** The services of a real inetd: discard and chargen, each at a port of its own. */
async function inetd(service: 'discard' | 'chargen') {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'bulk-'))
  const file = join(folder.path, 'inetd.conf')
  writeFileSync(file, `127.0.0.1:0 stream tcp nowait - internal ${service}\n`)
  const app = await startApp('inetd', ['--config', file])
  const { port } = await app.listening('tcp')
  const dispose = async (): Promise<void> => {
    await app[Symbol.asyncDispose]()
    folder.remove()
  }
  return { target: `127.0.0.1:${port}`, app, [Symbol.asyncDispose]: dispose }
}

async function bulk(target: string, ...args: string[]) {
  const ran = await runApp('tcp-echo', ['ping', target, '--bulk', '--json', ...args])
  const events = ran.stdout.trimEnd().split('\n')
  const parsed = events.map((line) => tcpBulkEvent.parse(JSON.parse(line)))
  const end = parsed.flatMap((each) => (each.event === 'end' ? [each.data] : []))[0]
  return { ...ran, end, intervals: parsed.filter(({ event }) => event === 'interval') }
}

it('up sends to a discard service, and all of it was read there', async () => {
  await using server = await inetd('discard')
  const args = ['--direction', 'up', '--bytes', '20000001', '--connections', '2']
  const { code, end } = await bulk(server.target, ...args)
  expect(end).toMatchObject({ sentBytes: 20_000_001, receivedBytes: 0, lostBytes: 0 })
  const { bytesPerSecond = 0, durationMillis = 0 } = end ?? {}
  expect((bytesPerSecond * durationMillis) / 20_000_001_000).toBeCloseTo(1, 3)
  expect(code).toBe(0)
})

it('down receives from a chargen service, for a time or so many bytes', async () => {
  await using server = await inetd('chargen')
  const timed = await bulk(server.target, '--direction', 'down', '-w', '600ms', '-i', '200ms')
  expect(timed.end).toMatchObject({ sentBytes: 0, lostBytes: 0, malformedBytes: 0 })
  expect(timed.end?.receivedBytes).toBeGreaterThan(1_000_000)
  expect(timed.intervals.length).toBeGreaterThan(1)
  expect(timed.code).toBe(0)
  const sized = await bulk(server.target, '--direction', 'down', '--bytes', '5MiB')
  expect(sized.end?.receivedBytes).toBeGreaterThanOrEqual(5 * 1024 * 1024)
  expect(sized.code).toBe(0)
})

const hasSocat = spawnSync('socat', ['-V']).status === 0

it.runIf(hasSocat).each([
  ['up', ['-u', 'TCP-LISTEN:PORT,bind=127.0.0.1,fork', 'OPEN:/dev/null']],
  ['down', ['-u', 'OPEN:/dev/zero', 'TCP-LISTEN:PORT,bind=127.0.0.1']],
])('%s of socat is measured as well', async (direction, words) => {
  const listening = await peer(() => {})
  const { port, target } = listening
  await listening.close()
  const socat = spawn(
    'socat',
    words.map((word) => word.replace('PORT', String(port))),
  )
  onTestFinished(() => void socat.kill())
  const args = ['--direction', direction, '--bytes', '4MiB', '-W', '20s']
  await expect.poll(async () => (await bulk(target, ...args)).code, { timeout: 40_000 }).toBe(0)
})

it.each([
  ['up', 'sent [\\d.]+ MB  [\\d.]+ MB/s'],
  ['down', 'received [\\d.]+ MB  [\\d.]+ MB/s'],
])('%s is told as one way', async (direction, line) => {
  await using server = await inetd(direction === 'up' ? 'discard' : 'chargen')
  const args = ['ping', server.target, '--bulk', '--direction', direction, '--bytes', '20MiB']
  const { stdout } = await runApp('tcp-echo', args)
  expect(stdout).toMatch(new RegExp(`^bulk .* over tcp: ${direction} 21.0 MB`))
  expect(stdout).toMatch(new RegExp(`^connection 0  ${line}`, 'm'))
  expect(stdout).not.toContain('verified')
})

it('up to an echo server says that it needs another', async () => {
  await using server = await peer((socket: Socket) => void socket.pipe(socket))
  const { code, end } = await bulk(server.target, '--direction', 'up', '-w', '5s')
  expect(end?.error?.message).toContain('--direction up needs a discard service (RFC 863)')
  expect(code).toBe(1)
})

it('up to a peer that closes before it has read everything has lost what it cannot know', async () => {
  await using server = await peer((socket) => socket.once('data', () => socket.end()))
  const { code, end } = await bulk(server.target, '--direction', 'up', '--bytes', '64MiB')
  expect(end?.lostBytes).toBe(end?.sentBytes)
  expect(end?.error?.errorClass).toBe('RESET')
  expect(code).toBe(1)
})

it('down from a peer that sends nothing, or ends, is a failure', async () => {
  await using silent = await peer(() => {})
  const nothing = await bulk(silent.target, '--direction', 'down', '-W', '300ms')
  expect(nothing.end?.error).toMatchObject({ errorClass: 'TIMEOUT' })
  expect(nothing.code).toBe(1)
  await using short = await peer((socket) => socket.end('short'))
  const ended = await bulk(short.target, '--direction', 'down', '--bytes', '1MiB')
  expect(ended.end).toMatchObject({ receivedBytes: 5, error: { errorClass: 'RESET' } })
  expect(ended.code).toBe(1)
})

it('a direction without --bulk is a usage error', async () => {
  const { code, stderr } = await runApp('tcp-echo', ['ping', 'localhost', '--direction', 'up'])
  expect(stderr).toContain('--direction')
  expect(code).toBe(2)
})
