import type { Socket } from 'node:net'

import { tcpBulkEvent } from '@sockyard/protocol/results'
import { runApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { peer } from './peer.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const echo = (socket: Socket): void => void socket.pipe(socket)

/** Runs `ping --bulk --json` to its end and checks each line against the published schema. */
async function bulkJson(target: string, ...args: string[]) {
  const words = ['ping', target, '--bulk', '--json', ...args]
  const { code, stdout } = await runApp('tcp-echo', words)
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => tcpBulkEvent.parse(JSON.parse(line)))
  const samples = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
  const intervals = events.filter(({ event }) => event === 'interval')
  const end = events.flatMap((each) => (each.event === 'end' ? [each.data] : []))[0]
  return { code, samples, intervals, end }
}

describe('ping --bulk', () => {
  it('sends so many bytes over several connections, and verifies each', async () => {
    await using server = await peer(echo)
    const { code, samples, end } = await bulkJson(
      server.target,
      '--bytes',
      '10000001',
      '--connections',
      '3',
    )
    expect(samples.map(({ sentBytes }) => sentBytes)).toEqual([3_333_333, 3_333_334, 3_333_334])
    expect(samples.map(({ firstWrongByte }) => firstWrongByte)).toEqual([null, null, null])
    expect(end).toMatchObject({
      sentBytes: 10_000_001,
      receivedBytes: 10_000_001,
      lostBytes: 0,
      malformedBytes: 0,
    })
    expect(code).toBe(0)
  })

  it('sends for a time, and waits until everything is back', async () => {
    await using server = await peer(echo)
    const { code, intervals, end } = await bulkJson(server.target, '-w', '700ms', '-i', '200ms')
    expect(intervals.length).toBeGreaterThan(1)
    expect(end?.sentBytes).toBeGreaterThan(1_000_000)
    expect(end).toMatchObject({ receivedBytes: end?.sentBytes, lostBytes: 0, malformedBytes: 0 })
    expect(end?.bytesPerSecond).toBeGreaterThan(0)
    expect(code).toBe(0)
  })

  it('finds one wrong byte in many', async () => {
    await using server = await peer((socket) => {
      let seen = 0
      socket.on('data', (chunk: Buffer) => {
        const at = 777_777 - seen
        seen += chunk.length
        if (at >= 0 && at < chunk.length) chunk.writeUInt8(chunk.readUInt8(at) ^ 1, at)
        socket.write(chunk)
      })
      socket.on('end', () => socket.end())
    })
    const { code, samples, end } = await bulkJson(server.target, '--bytes', '4MiB')
    expect(samples[0]?.firstWrongByte).toBe(777_777)
    expect(end).toMatchObject({ malformedBytes: 1, lostBytes: 0 })
    expect(code).toBe(1)
  })

  it('counts what did not come back when the peer closes early', async () => {
    await using server = await peer((socket) => socket.once('data', (chunk) => socket.end(chunk)))
    const { code, end } = await bulkJson(server.target, '--bytes', '64MiB')
    expect(end?.lostBytes).toBeGreaterThan(0)
    expect(end?.error?.errorClass).toBe('RESET')
    expect(code).toBe(1)
  })

  it('gives up when nothing moves for --wait', async () => {
    await using server = await peer((socket) => void socket.pause())
    const { code, end } = await bulkJson(server.target, '--bytes', '64MiB', '-W', '300ms')
    expect(end?.error).toMatchObject({ errorClass: 'TIMEOUT', port: server.port })
    expect(code).toBe(1)
  })

  it('ends soon when it is interrupted, though nothing moves and --wait is long', async () => {
    await using server = await peer((socket) => void socket.pause())
    const args = ['ping', server.target, '--bulk', '--json', '-W', '1h', '-i', '50ms']
    await using client = await startApp('tcp-echo', args)
    await client.waitForLog(({ event }) => event === 'interval')
    client.kill('SIGINT')
    expect((await client.exited).code).toBe(1)
  })
})
