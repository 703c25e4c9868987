import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

import type { RunningApp } from '@sockyard/testkit/running-app'
import { startApp } from '@sockyard/testkit/start-app'
import { afterEach, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const EPOLL = ['--engine', 'epoll', '--host', '127.0.0.1', '--port', '0']
const clients: Socket[] = []

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

function call(port: number): Socket {
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  clients.push(client)
  return client
}

/** A connection that the server has let in: it has echoed a byte. */
async function visitor(port: number): Promise<Socket> {
  const client = call(port)
  client.write('x')
  await once(client, 'data')
  return client
}

function limitDescriptors(pid: number, most: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}:20000`])
}

function residentBytes({ pid }: RunningApp): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

describe.each([['1'], ['2']])('the epoll engine with %s workers', (workers) => {
  const args = [...EPOLL, '--workers', workers]

  it('says so when it is out of descriptors, serves who is in, and lets the next in later', async () => {
    await using app = await startApp('tcp-echo', args)
    const { port } = await app.listening()
    const first = await visitor(port)
    limitDescriptors(app.pid, readdirSync(`/proc/${app.pid}/fd`).length)
    const waiting = call(port)
    waiting.write('later')
    const failed = await app.waitForLog(({ msg }) => msg === 'accept failed')
    expect(failed['error']).toContain('EMFILE')
    first.write('still here')
    expect(String((await once(first, 'data'))[0])).toBe('still here')
    limitDescriptors(app.pid, 20_000)
    expect(String((await once(waiting, 'data'))[0])).toBe('later')
  })

  it('numbers connections in the order of their arrival, whoever serves them', async () => {
    await using app = await startApp('tcp-echo', args)
    const { port } = await app.listening()
    // Five lines a second is what the log takes of each of two workers.
    for (let visit = 0; visit < 5; visit += 1) (await visitor(port)).destroy()
    await app.waitForLog(({ msg, id }) => msg === 'disconnected' && id === 5)
    const ids = app.lines.filter(({ msg }) => msg === 'connected').map(({ id }) => id)
    expect(new Set(ids)).toEqual(new Set([1, 2, 3, 4, 5]))
  })

  it('ends at once at a second signal, though a peer is in', async () => {
    await using app = await startApp('tcp-echo', [...args, '--drain-timeout', '1h'])
    const peer = await visitor((await app.listening()).port)
    const talk = setInterval(() => peer.write('on and on'), 20)
    app.kill('SIGTERM')
    await app.waitForLog(({ msg }) => msg === 'stopping')
    app.kill('SIGTERM')
    await app.exited
    clearInterval(talk)
    expect(peer.destroyed || (await once(peer, 'close')) !== undefined).toBe(true)
  })
})

it('5,000 idle connections cost 10 KB each at most', async () => {
  const limits = ['--max-connections', '6000', '--max-connections-per-address', '6000']
  await using app = await startApp('tcp-echo', [...EPOLL, ...limits])
  const { port } = await app.listening()
  await visitor(port)
  const before = residentBytes(app)
  for (let batch = 0; batch < 50; batch += 1)
    await Promise.all(Array.from({ length: 100 }, () => visitor(port)))
  expect(residentBytes(app) - before).toBeLessThan(5_000 * 10_240)
})

it('a port that another instance shares among its workers is taken', async () => {
  await using first = await startApp('tcp-echo', [...EPOLL, '--workers', '2'])
  const { port } = await first.listening()
  const same = ['--engine', 'epoll', '--host', '127.0.0.1', '--port', String(port)]
  for (const workers of ['1', '2']) {
    await using second = await startApp('tcp-echo', [...same, '--workers', workers])
    expect((await second.exited).code).toBe(1)
    expect(second.stderr).toContain('the address is already in use')
  }
})
