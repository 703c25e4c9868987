import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'

import { fillPattern } from '@sockyard/protocol/echo'
import { resettingPeer } from '@sockyard/testkit/peers'
import { runApp, type RunningApp, startApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const PATIENCE = { timeout: 20_000 }
const LOCAL = ['--host', '127.0.0.1', '--port', '0']
const PASSED = ['spawn', 'spawn --engine node', 'pass', 'pass --engine node']
const POOLS = ['pass', 'pass --engine node', 'accept', 'reuse-port']
const DESIGNS = ['iterative', ...PASSED, 'accept', 'reuse-port']

async function start(
  design: string,
  ...args: string[]
): Promise<{ app: RunningApp; port: number }> {
  const app = await startApp('tcp-echo', [...LOCAL, '--design', ...design.split(' '), ...args])
  return { app, port: (await app.listening('tcp')).port }
}

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  fillPattern(bytes, 0)
  return bytes
}

/** Sends all of it, then FIN, and gives what came back before the server's FIN. */
async function echoed(port: number, bytes: Uint8Array | string): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(bytes)
  return buffer(socket)
}

/** A connection that the server has accepted: it has echoed a byte. */
async function openClient(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  socket.write('x')
  await once(socket, 'data')
  return socket
}

async function metrics(app: RunningApp, wanted: RegExp): Promise<number[]> {
  const response = await fetch(`http://127.0.0.1:${await app.adminPort()}/metrics`)
  return (await response.text())
    .split('\n')
    .filter((line) => wanted.test(line))
    .map((line) => Number(line.split(' ').at(-1)))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

interface Process {
  pid: number
  state: string
}

function childrenOf({ pid }: RunningApp): Process[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((id) => {
      const [state = '', parent] = statOf(id)
      return Number(parent) === pid ? [{ pid: id, state }] : []
    })
}

/** A process may end between the listing and the reading. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

describe.each(DESIGNS)('--design %s', (design) => {
  it('sends 20 MB back whole before its FIN, and changes no byte', async () => {
    const { app, port } = await start(design)
    await using _ = app
    const bytes = pattern(20_000_000)
    const answers = await Promise.all([1, 2].map(() => echoed(port, bytes)))
    for (const answer of answers) expect(answer.equals(bytes)).toBe(true)
    expect((await echoed(port, '')).length).toBe(0)
  })

  it('survives peers that reset the connection', async () => {
    const { app, port } = await start(design)
    await using _ = app
    await Promise.all(Array.from({ length: 10 }, () => resettingPeer(port, '127.0.0.1', 'half')))
    const answer = async (): Promise<string> => (await echoed(port, 'still here')).toString()
    await expect.poll(answer, PATIENCE).toBe('still here')
  })

  it('closes a connection on which nothing moves', async () => {
    const { app, port } = await start(design, '--idle-timeout', '300ms')
    await using _ = app
    expect(await text(await openClient(port))).toBe('')
    const expired = (): Promise<number[]> =>
      metrics(app, /^sockyard_tcp_expired_total\{reason="idle"\}/)
    await expect.poll(expired, PATIENCE).toEqual([1])
  })

  it('does not serve a denied client', async () => {
    const { app, port } = await start(design, '--deny', '127.0.0.0/8')
    await using _ = app
    expect(await text(connect({ port, host: '127.0.0.1' }))).toBe('')
    const refused = (): Promise<number[]> =>
      metrics(app, /^sockyard_tcp_refused_total\{reason="denied"\}/)
    await expect.poll(refused, PATIENCE).toEqual([1])
  })

  it('sends an idle client FIN when stopped, exits with 0, and leaves no process behind', async () => {
    const { app, port } = await start(design)
    await using _ = app
    const client = await openClient(port)
    const children = childrenOf(app)
    app.kill('SIGTERM')
    expect(await text(client)).toBe('')
    expect(await app.exited).toEqual({ code: 0, signal: null })
    expect(children.filter(({ pid }) => statOf(pid).length > 0)).toEqual([])
  })

  it('drains connections when stopped, no longer than the drain timeout', async () => {
    const { app, port } = await start(design, '--drain-timeout', '1s')
    await using _ = app
    const bytes = pattern(5_000_000)
    const client = await openClient(port)
    client.end(bytes)
    app.kill('SIGTERM')
    expect((await buffer(client)).equals(bytes)).toBe(true)
    expect((await app.exited).code).toBe(0)
  })

  it('keeps no descriptor and no zombie of 60 connections', async () => {
    const { app, port } = await start(design)
    await using _ = app
    await echoed(port, 'warm')
    const open = (): Promise<number[]> => metrics(app, /^sockyard_tcp_connections /)
    await expect.poll(open, PATIENCE).toEqual([0])
    const processes = [app, ...childrenOf(app)]
    const before = processes.map(({ pid }) => descriptorsOf(pid))
    const children = childrenOf(app).length
    for (let round = 0; round < 15; round += 1)
      await Promise.all(Array.from({ length: 4 }, () => echoed(port, 'hello')))
    const accepted = async (): Promise<number> =>
      sum(await metrics(app, /^sockyard_tcp_accepted_total /))
    await expect.poll(accepted, PATIENCE).toBe(61)
    await expect.poll(open, PATIENCE).toEqual([0])
    // Two for each process that spawn has started meanwhile.
    const room = (): number => 2 + 2 * Math.max(0, childrenOf(app).length - children)
    const isSmall = (): boolean =>
      processes.every(({ pid }, index) => descriptorsOf(pid) <= (before[index] ?? 0) + room())
    await expect.poll(isSmall, PATIENCE).toBe(true)
    expect(childrenOf(app).filter(({ state }) => state === 'Z')).toEqual([])
    const bytes = await metrics(app, /^sockyard_tcp_bytes_total\{direction="sent"\}/)
    expect(bytes).toEqual([60 * 5 + 4])
  })
})

describe.each(PASSED)('the parent of --design %s', (design) => {
  it('accepts the limit of connections from one address over all processes, and another when one has closed', async () => {
    const { app, port } = await start(design, '--max-connections-per-address', '2')
    await using _ = app
    const held = [await openClient(port), await openClient(port)]
    expect((await echoed(port, '')).length).toBe(0)
    const reason = /^sockyard_tcp_refused_total\{reason="too-many-from-address"\}/
    expect(await metrics(app, reason)).toEqual([1])
    for (const socket of held) socket.destroy()
    await Promise.all(Array.from({ length: 10 }, () => resettingPeer(port, '127.0.0.1', 'half')))
    const answer = async (): Promise<string> =>
      (await echoed(port, 'welcome again').catch(() => '')).toString()
    await expect.poll(answer, PATIENCE).toBe('welcome again')
  })
})

describe.each(POOLS)('the pool of --design %s', (design) => {
  it('replaces a killed worker: its client is disconnected, and new ones are served', async () => {
    const { app, port } = await start(design, '--workers', '2')
    await using _ = app
    const clients = await Promise.all(Array.from({ length: 8 }, () => openClient(port)))
    const open = (): Promise<number[]> => metrics(app, /^sockyard_tcp_connections /)
    await expect.poll(open, PATIENCE).toEqual([8])
    const closed = Promise.all(clients.map((client) => once(client, 'close')))
    const children = childrenOf(app)
    expect(children.length).toBe(2)
    for (const { pid } of children) process.kill(pid, 'SIGKILL')
    await closed
    await app.waitForLog(({ msg, reason }) => msg === 'worker died' && reason === 'SIGKILL')
    const answer = async (): Promise<string> =>
      (await echoed(port, 'next').catch(() => '')).toString()
    await expect.poll(answer, PATIENCE).toBe('next')
    await expect.poll(() => childrenOf(app).length, PATIENCE).toBe(2)
    expect(childrenOf(app).filter(({ state }) => state === 'Z')).toEqual([])
    expect(await metrics(app, /^sockyard_tcp_worker_deaths_total /)).toEqual([2])
    await expect.poll(open, PATIENCE).toEqual([0])
  })

  it('counts the connections of each worker', async () => {
    const { app, port } = await start(design, '--workers', '3')
    await using _ = app
    for (let round = 0; round < 5; round += 1)
      await Promise.all(Array.from({ length: 6 }, () => echoed(port, 'x')))
    const shares = (): Promise<number[]> => metrics(app, /^sockyard_tcp_worker_accepted_total/)
    await expect.poll(async () => sum(await shares()), PATIENCE).toBe(30)
    expect((await shares()).length).toBe(3)
  })

  it('ends its workers when it is killed itself', async () => {
    const { app } = await start(design)
    await using _ = app
    const children = childrenOf(app)
    app.kill('SIGKILL')
    const left = (): Process[] => children.filter(({ pid }) => statOf(pid).length > 0)
    await expect.poll(left, PATIENCE).toEqual([])
  })
})

it('spawn: a client whose process is killed is disconnected, and connections over --max-children are rejected', async () => {
  const { app, port } = await start('spawn', '--max-children', '2')
  await using _ = app
  const clients = [await openClient(port), await openClient(port, '127.0.0.2')]
  expect(await text(connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' }))).toBe('')
  expect(await metrics(app, /^sockyard_tcp_refused_total\{reason="too-many"\}/)).toEqual([1])
  const closed = Promise.all(clients.map((client) => once(client, 'close')))
  for (const { pid } of childrenOf(app)) process.kill(pid, 'SIGKILL')
  await closed
  await expect.poll(() => childrenOf(app).length, PATIENCE).toBe(0)
  expect((await echoed(port, 'next')).toString()).toBe('next')
})

it.each(['pass', 'pass --engine node', 'accept'])(
  '%s: a worker that dies while no descriptor is free is replaced when there is one',
  async (design) => {
    const { app, port } = await start(design, '--workers', '1')
    await using _ = app
    const limit = (most: number) =>
      execFileSync('prlimit', ['--pid', String(app.pid), `--nofile=${most}:20000`])
    const [worker] = childrenOf(app)
    limit(3)
    process.kill(worker?.pid ?? 0, 'SIGKILL')
    const deaths = () => app.lines.filter(({ msg }) => msg === 'worker died').length
    await expect.poll(deaths, PATIENCE).toBeGreaterThan(1)
    limit(20_000)
    const answer = async () => (await echoed(port, 'next').catch(() => '')).toString()
    await expect.poll(answer, PATIENCE).toBe('next')
  },
)

it('spawn: one address gets all processes but one, and another is served beside it', async () => {
  const { app, port } = await start('spawn', '--max-children', '3')
  await using _ = app
  const idle = [await openClient(port), await openClient(port)]
  expect((await echoed(port, '')).length).toBe(0)
  const reason = /^sockyard_tcp_refused_total\{reason="too-many-from-address"\}/
  expect(await metrics(app, reason)).toEqual([1])
  idle.push(await openClient(port, '127.0.0.2'))
  for (const socket of idle) socket.destroy()
})

it.each(['spawn', 'spawn --engine node'])(
  '%s: each connection has a process to itself, and a closed one leaves its process to the next',
  async (design) => {
    const { app, port } = await start(design, '--max-children', '8')
    await using _ = app
    const clients = await Promise.all([1, 2, 3].map(() => openClient(port)))
    const childrenSeen = () =>
      app.lines.flatMap(({ msg, child }) => (msg === 'connected' ? [child] : []))
    expect(new Set(childrenSeen()).size).toBe(3)
    for (const client of clients) client.destroy()
    const open = (): Promise<number[]> => metrics(app, /^sockyard_tcp_connections /)
    await expect.poll(open, PATIENCE).toEqual([0])
    for (let round = 0; round < 20; round += 1) await echoed(port, 'hello')
    // Their number is limited by what runs at once, however slowly each says that it has closed.
    expect(new Set(childrenSeen()).size).toBeLessThanOrEqual(10)
  },
)

it('spawn: no process is started for connections that were reset before they were accepted', async () => {
  const { app, port } = await start('spawn')
  await using _ = app
  app.kill('SIGSTOP')
  await Promise.all(Array.from({ length: 100 }, () => resettingPeer(port, '127.0.0.1', 'gone')))
  app.kill('SIGCONT')
  expect((await echoed(port, 'served')).toString()).toBe('served')
  const resets = () => metrics(app, /^sockyard_tcp_errors_total\{code="ECONNRESET"\}/)
  await expect.poll(resets, PATIENCE).toEqual([100])
  expect(app.lines.filter(({ msg }) => msg === 'connected')).toHaveLength(1)
  expect(await metrics(app, /^sockyard_tcp_refused_total\{reason="too-many"\}/)).toEqual([0])
})

it.each(['spawn', 'pass --engine node'])(
  '%s: a client has one address in the log, whatever the family of the listening socket',
  async (design) => {
    await using app = await startApp('tcp-echo', ['--port', '0', '--design', ...design.split(' ')])
    await echoed((await app.listening('tcp')).port, 'x')
    await app.waitForLog(({ msg }) => msg === 'disconnected')
    const visits = app.lines.filter(({ msg }) => String(msg).endsWith('connected'))
    expect(visits.map(({ address }) => address)).toEqual(visits.map(() => '127.0.0.1'))
  },
)

it('iterative: the second client waits in the backlog until the first has disconnected, and --connections 2 exits with 0', async () => {
  const { app, port } = await start('iterative', '--connections', '2')
  await using _ = app
  const first = await openClient(port)
  const second = echoed(port, 'second')
  first.write('still the first')
  expect(String((await once(first, 'data'))[0])).toBe('still the first')
  await app.waitForLog(({ msg, id }) => msg === 'connected' && id === 1)
  expect(app.lines.some(({ id }) => id === 2)).toBe(false)
  first.end()
  expect((await second).toString()).toBe('second')
  expect(await app.exited).toEqual({ code: 0, signal: null })
  const order = app.lines.flatMap(({ msg, id }) =>
    /connected/.test(String(msg)) ? [`${String(msg)} ${String(id)}`] : [],
  )
  expect(order).toEqual(['connected 1', 'disconnected 1', 'connected 2', 'disconnected 2'])
})

it('--think: an iterative server takes it for each client, every other once for all', async () => {
  const think = 1_000
  const designs = [
    'iterative',
    'event-loop --engine node',
    'event-loop --engine native',
    'pass',
    'accept',
    'spawn',
  ]
  const times = new Map<string, number>()
  for (const design of designs) {
    const { app, port } = await start(design, '--think', `${think}ms`)
    await using _ = app
    // One after the other is never faster than that, however often it is tried; a busy machine is slower now and then.
    const best = (): number => times.get(design) ?? Infinity
    for (let run = 0; run < 3 && best() > 3.5; run += 1) {
      const began = performance.now()
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map((word) => echoed(port, word)))
      times.set(design, Math.min(best(), (performance.now() - began) / think))
      expect(answers.map(String)).toEqual(['a', 'b', 'c', 'd'])
    }
  }
  for (const time of times.values()) expect(time).toBeGreaterThan(0.99)
  const { iterative = 0, ...others } = Object.fromEntries(times)
  expect(iterative).toBeGreaterThan(3.99)
  for (const time of Object.values(others)) expect(time).toBeLessThan(iterative - 0.5)
})

it.each([
  ['--design accept --engine node', '--engine node: cannot be combined with --design accept'],
  ['--design iterative --workers 2', '--workers 2: requires --design'],
  ['--connections 2', '--connections 2: requires --design iterative'],
  ['--design pass --max-children 2', '--max-children 2: requires --design spawn'],
  ['--design prefork', '--design prefork: must be'],
  ['--think forever', '--think forever: must be seconds, or a duration'],
])('refuses "%s" in one line', async (words, message) => {
  const { code, stderr } = await runApp('tcp-echo', [...LOCAL, ...words.split(' ')])
  expect(stderr).toContain(`tcp-echo: ${message}`)
  expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 2 })
})
