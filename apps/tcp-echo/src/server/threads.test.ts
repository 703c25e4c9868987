import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

import { startApp } from '@sockyard/testkit/process'
import { afterEach, describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const NATIVE = ['--engine', 'native', '--host', '127.0.0.1', '--port', '0']
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

/** A connection that the server serves: it has echoed a byte. */
async function connected(port: number): Promise<Socket> {
  const client = call(port)
  client.write('x')
  await once(client, 'data')
  return client
}

function limitDescriptors(pid: number, most: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}:20000`])
}

describe.each([['1'], ['2']])('the native engine with %s workers', (workers) => {
  const args = [...NATIVE, '--workers', workers]

  it('logs that it is out of descriptors, serves the open connections, and accepts new ones later', async () => {
    await using app = await startApp('tcp-echo', args)
    const { port } = await app.listening()
    const first = await connected(port)
    limitDescriptors(app.pid, readdirSync(`/proc/${app.pid}/fd`).length)
    const waiting = call(port)
    waiting.write('later')
    const failed = await app.waitForLog(({ msg }) => msg === 'accept failed')
    expect(failed).toMatchObject({ error: { message: expect.stringContaining('EMFILE') } })
    first.write('still here')
    expect(String((await once(first, 'data'))[0])).toBe('still here')
    limitDescriptors(app.pid, 20_000)
    expect(String((await once(waiting, 'data'))[0])).toBe('later')
  })

  it('numbers connections in the order in which they are accepted, whichever thread serves them', async () => {
    await using app = await startApp('tcp-echo', args)
    const { port } = await app.listening()
    // Five lines a second is what the log takes of each of two workers.
    for (let connection = 0; connection < 5; connection += 1) (await connected(port)).destroy()
    await app.waitForLog(({ msg, id }) => msg === 'disconnected' && id === 5)
    const ids = app.lines.filter(({ msg }) => msg === 'connected').map(({ id }) => id)
    expect(new Set(ids)).toEqual(new Set([1, 2, 3, 4, 5]))
  })

  it('ends at once at a second signal, though a connection is open', async () => {
    await using app = await startApp('tcp-echo', [...args, '--drain-timeout', '1h'])
    const peer = await connected((await app.listening()).port)
    const talk = setInterval(() => peer.write('on and on'), 20)
    app.kill('SIGTERM')
    await app.waitForLog(({ msg }) => msg === 'stopping')
    app.kill('SIGTERM')
    await app.exited
    clearInterval(talk)
    expect(peer.destroyed || (await once(peer, 'close')) !== undefined).toBe(true)
  })
})

it('a port that another instance shares among its workers is taken', async () => {
  await using first = await startApp('tcp-echo', [...NATIVE, '--workers', '2'])
  const { port } = await first.listening()
  const same = ['--engine', 'native', '--host', '127.0.0.1', '--port', String(port)]
  for (const workers of ['1', '2']) {
    await using second = await startApp('tcp-echo', [...same, '--workers', workers])
    expect((await second.exited).code).toBe(1)
    expect(second.stderr).toContain('the address is already in use')
  }
})
