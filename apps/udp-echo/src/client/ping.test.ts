import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import { type EchoPingEvent, echoPingEvent } from '@sockyard/protocol/results'
import { type RelayOptions, udpRelay } from '@sockyard/testkit/network'
import { type Ran, runApp, startApp, startInTerminal } from '@sockyard/testkit/process'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { startServer } from '../server/server.testing.ts'

type End = Extract<EchoPingEvent, { event: 'end' }>['data']
type Sample = Extract<EchoPingEvent, { event: 'sample' }>['data']

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

/** A server of the test, which answers as it likes. */
async function fakeServer(
  answer: (bytes: Buffer, send: (bytes: Uint8Array) => void, count: number) => void,
): Promise<string> {
  const socket = createSocket('udp4')
  let count = 0
  socket.on('message', (bytes, { port, address }) => {
    answer(bytes, (reply) => socket.send(reply, port, address), count)
    count += 1
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  sockets.push(socket)
  return `127.0.0.1:${socket.address().port}`
}

async function ping(...args: string[]): Promise<Ran & { end: End; samples: Sample[] }> {
  const ran = await runApp('udp-echo', ['ping', '--json', ...args])
  const events = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => echoPingEvent.parse(JSON.parse(line)))
  const end = events.at(-1)
  if (end?.event !== 'end') throw new Error(`no end in ${ran.stdout}${ran.stderr}`)
  const samples = events.flatMap(({ event, data }) => (event === 'sample' ? [data] : []))
  return { ...ran, end: end.data, samples }
}

/** Pings through a faulty network: 1,000 probes in a second. */
async function pingThrough(faults: Omit<RelayOptions, 'target'>, ...args: string[]) {
  const server = await startServer('--rate-limit', '0')
  await using _app = server.app
  await using relay = await udpRelay({
    target: { address: '127.0.0.1', port: server.port },
    ...faults,
  })
  const target = `${relay.address}:${relay.port}`
  const ran = await ping(target, '-c', '1000', '-i', '1ms', ...args)
  return { ...ran, toTarget: relay.toTarget, toClient: relay.toClient }
}

// Each runs two processes for a second or more; a busy machine takes several times that.
vi.setConfig({ testTimeout: 30_000 })

describe('through a network', () => {
  it('without faults everything is answered, and the exit code is 0', async () => {
    const { code, end } = await pingThrough({})
    expect(end).toMatchObject({ sent: 1000, received: 1000, lost: 0, verdict: 'answered' })
    expect(end).toMatchObject({ duplicated: 0, reordered: 0, malformed: 0 })
    expect(end.rttMicros?.min).toBeGreaterThan(0)
    expect(code).toBe(0)
  })

  it('that loses 10 %, measures just what was lost, and the exit code is 1', async () => {
    const { code, end, toTarget, toClient } = await pingThrough({ loss: 0.0513 })
    expect(end.lost).toBe(toTarget.lost + toClient.lost)
    expect(end.received).toBe(1000 - end.lost)
    expect(end.lost).toBeGreaterThan(70)
    expect(end.lost).toBeLessThan(130)
    expect(code).toBe(1)
  })

  it('that duplicates, counts each copy, and loses nothing by it', async () => {
    const { code, end, toTarget, toClient } = await pingThrough({ duplicate: 0.05 })
    expect(end).toMatchObject({ received: 1000, lost: 0, reordered: 0 })
    // Each way may double it: up to three copies of the last answer come after the client has ended.
    const copies = toClient.passed + toClient.duplicated - 1000
    expect(end.duplicated).toBeLessThanOrEqual(copies)
    expect(end.duplicated).toBeGreaterThanOrEqual(copies - 3)
    expect(end.duplicated).toBeGreaterThanOrEqual(toTarget.duplicated - 1)
    expect(end.duplicated).toBeGreaterThan(50)
    expect(code).toBe(0)
  })

  it('that reorders, counts each that came after a later one', async () => {
    const { end, toTarget } = await pingThrough({ reorder: 0.1, oneWay: true })
    expect(end).toMatchObject({ received: 1000, lost: 0, duplicated: 0 })
    expect(end.reordered).toBe(toTarget.reordered)
    expect(end.reordered).toBeGreaterThan(50)
  })

  it.each(['1', '4'])(
    'counts what was lost of probes of %s B, too small for a header',
    async (size) => {
      const { end, toTarget } = await pingThrough({ loss: 0.1, oneWay: true }, '-s', size)
      expect(end).toMatchObject({ sent: 1000, lost: toTarget.lost, malformed: 0, duplicated: 0 })
    },
  )
})

describe('what comes back', () => {
  it.each([
    [0, '-4'],
    [19, '-6'],
    [20, '-4'],
    [65_507, '-6'],
  ])('%i B with %s', async (size, family) => {
    await using app = await startApp('udp-echo', ['--port', '0'])
    const { port } = await app.listening()
    const target = family === '-6' ? `[::1]:${port}` : `localhost:${port}`
    const { code, end, stdout } = await ping(
      target,
      family,
      '-c',
      '3',
      '-i',
      '50ms',
      '-s',
      `${size}`,
    )
    expect(end).toMatchObject({ sent: 3, received: 3, lost: 0, malformed: 0 })
    expect(stdout).toContain(family === '-6' ? '"address":"::1"' : '"address":"127.0.0.1"')
    expect(code).toBe(0)
  })

  it('with other bytes is malformed, and its probe lost unless the right ones come too', async () => {
    const target = await fakeServer((bytes, send, count) => {
      const wrong = Buffer.from(bytes)
      wrong[bytes.length - 1] = (wrong[bytes.length - 1] ?? 0) ^ 1
      send(wrong)
      if (count === 0) send(bytes)
    })
    const { code, end, samples } = await ping(target, '-c', '2', '-i', '50ms', '-W', '200ms')
    expect(end).toMatchObject({ sent: 2, received: 1, lost: 1, malformed: 2 })
    expect(samples.map(({ sequence, outcome }) => `${sequence} ${outcome}`)).toEqual([
      '0 malformed',
      '0 answered',
      '1 malformed',
      '1 silent',
    ])
    expect(code).toBe(1)
  })

  it.each(['1', '64'])('after the wait is over stays lost (%s B)', async (size) => {
    let late: (() => void) | undefined
    const target = await fakeServer((bytes, send) => {
      late?.()
      late = () => send(bytes)
    })
    const { end } = await ping(target, '-c', '3', '-i', '100ms', '-W', '50ms', '-s', size)
    expect(end).toMatchObject({ sent: 3, received: 0, lost: 3, malformed: 0, duplicated: 0 })
  })

  it('of probes of 0 B answers the oldest whose wait is not over', async () => {
    const target = await fakeServer((bytes, send, count) => {
      if (count > 0) setTimeout(() => send(bytes), 800)
    })
    const { end, samples } = await ping(target, '-s', '0', '-c', '3', '-i', '1s', '-W', '1500ms')
    expect(samples.map(({ sequence, outcome }) => `${sequence} ${outcome}`)).toEqual([
      '0 silent',
      '1 answered',
      '2 answered',
    ])
    expect(end).toMatchObject({ received: 2, lost: 1, duplicated: 0 })
  })

  it('from another address or port is not accepted', async () => {
    const impostor = createSocket('udp4').bind(0, '127.0.0.2')
    await once(impostor, 'listening')
    sockets.push(impostor)
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    sockets.push(socket)
    socket.on('message', (bytes, { port, address }) => impostor.send(bytes, port, address))
    const { end } = await ping(`127.0.0.1:${socket.address().port}`, '-c', '1', '-W', '300ms')
    expect(end).toMatchObject({ received: 0, malformed: 0, verdict: 'silent' })
  })
})

describe('the verdict', () => {
  it('is silent when no answer comes', async () => {
    const target = await fakeServer(() => {})
    const { code, end, samples } = await ping(target, '-c', '2', '-i', '50ms', '-W', '100ms')
    expect(samples.map(({ outcome }) => outcome)).toEqual(['silent', 'silent'])
    expect(end).toMatchObject({ verdict: 'silent', lost: 2, error: { errorClass: 'TIMEOUT' } })
    expect(code).toBe(1)
  })

  it.each(['127.0.0.1', '::1'])('is refused when %s reports a closed port', async (host) => {
    const { code, end, samples } = await ping(await closedPort(host), '-c', '3', '-i', '50ms')
    expect(samples.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused'])
    expect(end).toMatchObject({ verdict: 'refused', lost: 3, error: { errorClass: 'REFUSED' } })
    expect(code).toBe(1)
  })

  it.each(['batch', 'dgram'])(
    'is refused as fast as refusals arrive to %s, and ends',
    async (engine) => {
      const target = await closedPort('127.0.0.1')
      const limits = ['-w', '300ms', '-W', '100ms', '--engine', engine]
      const { code, end } = await ping(target, '--window', '8', ...limits)
      expect(end.verdict).toBe('refused')
      expect(end.lost).toBe(end.sent)
      expect(code).toBe(1)
    },
  )

  it('without an address is an error of class DNS, on one line', async () => {
    const { code, end, stderr } = await ping('no-such-host.invalid', '-c', '1')
    expect(end).toMatchObject({ sent: 0, error: { errorClass: 'DNS' } })
    expect(stderr).toMatch(/^udp-echo: no-such-host\.invalid:3333: the name does not resolve.*\n$/)
    expect(code).toBe(1)
  })
})

describe('a run', () => {
  it('without a count goes on while the server is away, and measures again when it is back', async () => {
    const first = await startServer()
    await using _first = first.app
    await using client = await startApp('udp-echo', [
      'ping',
      '--json',
      '--interval',
      '50ms',
      `127.0.0.1:${first.port}`,
    ])
    const outcome = (name: string, after = 0) =>
      client.waitForLog(({ event, data }) => {
        const { outcome: found, sequence } = data as Sample
        return event === 'sample' && found === name && sequence > after
      })
    await outcome('answered')
    first.app.kill('SIGKILL')
    const { sequence } = (await outcome('refused'))['data'] as Sample
    const second = await startServer('--port', String(first.port))
    await using _second = second.app
    await outcome('answered', sequence)
    client.kill('SIGINT')
    expect(await client.exited).toMatchObject({ code: 1 })
    const end = client.lines.at(-1)?.['data'] as End
    expect(end.verdict).toBe('answered')
    // What was in flight when it was stopped is neither.
    expect(end.received + end.lost).toBeLessThanOrEqual(end.sent)
    expect(end.lost).toBeGreaterThan(0)
    // Nothing but where its admin endpoint is.
    expect(client.stderr).toMatch(/^\S+ listening transport=http .*\n$/)
  })

  it('that was stopped and goes on (Ctrl-Z, fg) has kept its word: an interval promises no rate', async () => {
    const server = await startServer()
    await using _app = server.app
    const args = ['ping', '--json', '-c', '5', '-i', '100ms', `127.0.0.1:${server.port}`]
    await using client = await startApp('udp-echo', args)
    await client.waitForLog(({ event }) => event === 'sample')
    client.kill('SIGSTOP')
    await delay(700)
    client.kill('SIGCONT')
    expect(await client.exited).toMatchObject({ code: 0 })
    const end = client.lines.at(-1)?.['data'] as End
    expect(end).toMatchObject({ sent: 5, received: 5, lost: 0, skipped: 0 })
  })

  it('ends at its deadline', async () => {
    const server = await startServer()
    await using _app = server.app
    const { code, end } = await ping(`127.0.0.1:${server.port}`, '-i', '10ms', '-w', '300ms')
    expect(end.sent).toBeGreaterThan(1)
    expect(end).toMatchObject({ received: end.sent, lost: 0 })
    expect(code).toBe(0)
  })

  it('with a deadline before the wait is over takes the missing for lost', async () => {
    const target = await fakeServer(() => {})
    const { code, end } = await ping(target, '-c', '1', '-W', '1h', '-w', '100ms')
    expect(end).toMatchObject({ sent: 1, lost: 1, verdict: 'silent' })
    expect(code).toBe(1)
  })

  it('with a window is as fast as replies arrive, and loses none by that', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const { code, end } = await ping(`127.0.0.1:${server.port}`, '--window', '64', '-c', '5000')
    expect(end).toMatchObject({ sent: 5000, received: 5000, lost: 0 })
    expect(code).toBe(0)
  })

  it('at a rate prints intervals instead of each probe', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const { samples, stdout } = await ping(`127.0.0.1:${server.port}`, '--rate', '200', '-c', '300')
    expect(samples).toEqual([])
    const interval = echoPingEvent.parse(JSON.parse(stdout.split('\n')[1] ?? ''))
    expect(interval.event).toBe('interval')
  })

  it('is printed as text, line by line or only at the end', async () => {
    const server = await startServer()
    await using _app = server.app
    const args = ['ping', `127.0.0.1:${server.port}`, '-c', '2', '-i', '50ms']
    const { stdout, code } = await runApp('udp-echo', args)
    expect(stdout.split('\n')).toEqual([
      `ping 127.0.0.1 port ${server.port} over udp: 64 B every 50 ms`,
      expect.stringMatching(/^seq {4}0 {2}64 B {2}time +[\d.]+ [µm]s {2}ttl 64$/),
      expect.stringMatching(/^seq {4}1 {2}64 B {2}time +[\d.]+ [µm]s {2}ttl 64$/),
      expect.stringMatching(/^answered: sent +2 {2}received +2 {2}lost +0 \(0 %\) {2}in .* ms$/),
      expect.stringMatching(/^round trip {2}min .* p50 .* max .* stddev .*[µmn]s$/),
      expect.stringMatching(/^variation {2}min .* jitter .*[µmn]s$/),
      'replies 2  ttl 64',
      '',
    ])
    expect(code).toBe(0)
    const quiet = await runApp('udp-echo', [...args, '-q'])
    expect(quiet.stdout).not.toContain('seq')
  })

  it('on a terminal has a live line', async () => {
    const server = await startServer()
    await using _app = server.app
    await using terminal = startInTerminal('udp-echo', ['ping', `127.0.0.1:${server.port}`])
    await terminal.waitForText(/sent +\d+ {2}received/)
    terminal.stdin.write('\x03')
    await terminal.exited
    expect(terminal.stdout).toContain('answered: sent')
  })
})

describe('at a rate', () => {
  it.each(['batch', 'dgram'])('%s sends as many as were due', async (engine) => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const target = `127.0.0.1:${server.port}`
    const { end } = await ping(target, '--rate', '2000', '-c', '2000', '--engine', engine)
    expect(end.sent).toBe(2000)
    expect(end.durationMillis).toBeGreaterThan(999)
    expect(end.lateMicros?.min).toBeGreaterThanOrEqual(0)
  })

  it('counts round trips from when they were due: a client that was stopped shows it', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    await using client = await startApp('udp-echo', [
      'ping',
      '--json',
      '--rate',
      '500',
      '-c',
      '1500',
      `127.0.0.1:${server.port}`,
    ])
    await client.waitForLog(({ event }) => event === 'interval')
    client.kill('SIGSTOP')
    await delay(400)
    client.kill('SIGCONT')
    await client.exited
    const end = client.lines.at(-1)?.['data'] as End
    // Some 200 of 1,500 were due meanwhile, the first of them 400 ms before they went out.
    expect(end.rttMicros?.p99).toBeGreaterThan(250_000)
    expect(end.lateMicros?.p99).toBeGreaterThan(250_000)
    expect(end.sent).toBe(1500)
  })

  it('at an overload counts nothing as malformed, and reports that the client was too slow', async () => {
    const server = await startServer('--rate-limit', '0')
    await using _app = server.app
    const target = `127.0.0.1:${server.port}`
    const args = ['ping', target, '--rate', '10000000', '-w', '1500ms', '-W', '100ms']
    const { code, stdout } = await runApp('udp-echo', args)
    expect(stdout).not.toContain('malformed')
    expect(stdout).toMatch(/^this client was too slow for its rate: \d+ of \d+ probes/m)
    expect(code).toBe(1)
  })

  it('reports what was in flight when it was stopped', async () => {
    const target = await fakeServer(() => {})
    const args = ['ping', target, '-i', '50ms', '-W', '1h']
    await using client = await startApp('udp-echo', args)
    await client.waitForText(/^ping /)
    await delay(100)
    client.kill('SIGINT')
    await client.exited
    expect(client.stdout).toMatch(/silent: sent .* lost +0 \(0 %\) {2}in flight \d+ {2}in /)
  })
})

/** A closed port: the kernel assigned it and released it just now. */
async function closedPort(host: string): Promise<string> {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4').bind(0, host)
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => {
    socket.close(resolve)
  })
  return host === '::1' ? `[::1]:${port}` : `${host}:${port}`
}
