import type { Socket } from 'node:net'

import { echoPingEvent } from '@sockyard/protocol/results'
import { runApp, startApp, startInTerminal } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

import { peer } from './peer.testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const echo = (socket: Socket): void => void socket.pipe(socket)

/** Runs `ping --json` to its end and checks each line against the published schema. */
async function pingJson(target: string, ...args: string[]) {
  const { code, stdout, stderr } = await runApp('tcp-echo', ['ping', target, '--json', ...args])
  const lines = stdout.trimEnd().split('\n')
  const events = lines
    .filter((line) => line !== '')
    .map((line) => echoPingEvent.parse(JSON.parse(line)))
  const samples = events.flatMap((each) => (each.event === 'sample' ? [each.data] : []))
  const end = events.flatMap((each) => (each.event === 'end' ? [each.data] : []))[0]
  return { code, stderr, events, samples, end }
}

describe('ping', () => {
  it.each(['1', '19', '20', '64', '100000'])(
    'gets probes of %s B back, each in its turn',
    async (size) => {
      await using server = await peer(echo)
      const { code, samples, end } = await pingJson(
        server.target,
        '-c',
        '3',
        '-i',
        '60ms',
        '-s',
        size,
      )
      expect(samples.map(({ sequence, outcome }) => `${sequence} ${outcome}`)).toEqual([
        '0 answered',
        '1 answered',
        '2 answered',
      ])
      expect(end).toMatchObject({
        verdict: 'answered',
        sent: 3,
        received: 3,
        lost: 0,
        malformed: 0,
      })
      expect(end?.rttMicros?.min).toBeGreaterThan(0)
      expect(code).toBe(0)
    },
  )

  it('measures on several connections, as fast as replies arrive', async () => {
    await using server = await peer(echo)
    const args = ['--connections', '3', '-c', '1000', '--window', '16']
    const { code, samples, end } = await pingJson(server.target, ...args)
    expect({ code, samples }).toEqual({ code: 0, samples: [] })
    expect(end).toMatchObject({ sent: 3000, received: 3000, lost: 0, malformed: 0 })
  })

  it('reports a wrong byte', async () => {
    await using server = await peer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        chunk.writeUInt8(chunk.readUInt8(40) ^ 1, 40)
        socket.write(chunk)
      })
    })
    const { code, samples, end } = await pingJson(server.target, '-c', '2', '-i', '60ms')
    expect(samples.map(({ outcome }) => outcome)).toEqual(['malformed', 'malformed'])
    expect(end).toMatchObject({ sent: 2, received: 0, lost: 2, malformed: 2 })
    expect(code).toBe(1)
  })

  it('reports bytes that were never sent', async () => {
    await using server = await peer((socket) => {
      socket.write('220 this is no echo server\r\n')
      echo(socket)
    })
    const { code, end } = await pingJson(server.target, '-c', '2', '-i', '60ms', '-W', '300ms')
    expect(end?.malformed).toBeGreaterThan(0)
    expect(code).toBe(1)
  })

  it('gives up a probe after --wait, and the run at its end', async () => {
    await using server = await peer((socket) => void socket.resume())
    const { code, samples, end } = await pingJson(
      server.target,
      '-c',
      '2',
      '-i',
      '60ms',
      '-W',
      '100ms',
    )
    expect(samples.map(({ outcome }) => outcome)).toEqual(['silent', 'silent'])
    expect(end).toMatchObject({ verdict: 'silent', sent: 2, received: 0, lost: 2 })
    expect(code).toBe(1)
  })

  it('ends at the deadline though no answer comes', async () => {
    await using server = await peer((socket) => void socket.pause())
    const { code, end } = await pingJson(server.target, '-i', '100ms', '-W', '1h', '-w', '300ms')
    expect(end?.sent).toBeGreaterThan(0)
    expect(end?.lost).toBe(end?.sent)
    expect(code).toBe(1)
  })

  it('waits a moment at the deadline for what is under way', async () => {
    await using server = await peer((socket) => {
      socket.on('data', (chunk: Buffer) => void setTimeout(() => socket.write(chunk), 400))
    })
    const { code, end } = await pingJson(server.target, '-i', '60ms', '-w', '200ms')
    expect(end).toMatchObject({ received: end?.sent, lost: 0 })
    expect(code).toBe(0)
  })

  it('queues no more than 64 MiB for a peer that reads nothing: what is due then is lost', async () => {
    await using server = await peer((socket) => void socket.pause())
    const args = ['-s', '1MiB', '--rate', '200', '-W', '1h', '--json']
    await using client = await startApp('tcp-echo', ['ping', server.target, ...args])
    // Otherwise nothing would be lost within the hour that an answer may take.
    const told = await client.waitForLog(({ event, data }) => {
      const { lost } = data as { lost?: number }
      return event === 'interval' && lost !== undefined && lost > 0
    })
    expect(told['data']).toMatchObject({ received: 0 })
  })

  it('reports that the peer closed the connection, and what was lost', async () => {
    await using server = await peer((socket) => socket.once('data', (chunk) => socket.end(chunk)))
    const { code, end } = await pingJson(server.target, '-c', '100', '-i', '60ms')
    expect(end?.error).toMatchObject({ errorClass: 'RESET', port: server.port })
    expect(end?.error?.message).toContain('the peer closed the connection')
    expect(end?.received).toBe(1)
    expect(code).toBe(1)
  })

  it('names the class of an error, also before anything was measured', async () => {
    const { port } = await peer(echo).then(async (server) => (await server.close(), server))
    const refused = await pingJson(`127.0.0.1:${port}`, '-c', '1')
    expect(refused.end).toMatchObject({ verdict: 'refused', error: { errorClass: 'REFUSED' } })
    const unknown = await pingJson('no-such-host.invalid', '-c', '1')
    expect(unknown.end?.error?.errorClass).toBe('DNS')
    expect([refused.code, unknown.code]).toEqual([1, 1])
  })

  it('without an end survives a restart of the server, and counts what was lost', async () => {
    const first = await peer(echo)
    await using client = await startApp('tcp-echo', ['ping', first.target, '--json', '-i', '60ms'])
    const outcome = (wanted: string, after = -1) =>
      client.waitForLog(({ event, data }) => {
        if (event !== 'sample' || typeof data !== 'object' || data === null) return false
        const sample = data as { outcome: string; sequence: number }
        return sample.outcome === wanted && sample.sequence > after
      })
    await outcome('answered')
    await first.close()
    const lost = await outcome('silent')
    await using second = await peer(echo, first.port)
    await outcome('answered', (lost['data'] as { sequence: number }).sequence)
    client.kill('SIGINT')
    expect((await client.exited).code).toBe(1)
    expect(second.port).toBe(first.port)
    expect(client.stderr).toMatch(/the peer closed the connection; reconnecting\n/)
    expect(client.stderr).toMatch(/: reconnected\n/)
  })

  it('reports when it is interrupted, and exits with 0 when nothing was lost', async () => {
    await using server = await peer(echo)
    await using client = await startApp('tcp-echo', ['ping', server.target, '-i', '60ms'])
    await client.waitForText(/seq {4}2 {2}64 B {2}time/)
    client.kill('SIGINT')
    expect((await client.exited).code).toBe(0)
    expect(client.stdout).toMatch(/answered: sent .* lost {5}0 \(0 %\)/)
  })

  it('prints only the final report with --quiet', async () => {
    await using server = await peer(echo)
    const args = ['ping', server.target, '-c', '3', '-i', '60ms', '-q']
    const { code, stdout } = await runApp('tcp-echo', args)
    expect(stdout).not.toContain('seq')
    expect(stdout).toContain('answered: sent')
    expect(code).toBe(0)
  })

  it('shows a live line on a terminal, and none in a pipe', async () => {
    await using server = await peer(echo)
    const args = ['ping', server.target, '-c', '25', '-i', '60ms']
    const [piped, terminal] = [runApp('tcp-echo', args), startInTerminal('tcp-echo', args)]
    await terminal.exited
    expect(terminal.stdout).toContain('\u001B[2K')
    expect((await piped).stdout).not.toContain('\u001B')
  })
})
