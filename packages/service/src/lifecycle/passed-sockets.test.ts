import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { passedNames } from '@sockyard/net/activation'
import { NativeSocket } from '@sockyard/posix/socket'
import { describe, expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 30_000 })

const ENGINES = ['native', 'node']
const GREETER = fileURLToPath(new URL('../example/main.ts', import.meta.url))
const LOOPBACK = { family: 'IPv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 0, scope: 0 } as const

/** A socket of ours, for a process to inherit, and its port. */
function bound(type: 'stream' | 'datagram'): { socket: NativeSocket; port: number } {
  const socket = NativeSocket.open({ family: 'IPv4', type })
  socket.bind(LOOPBACK)
  if (type === 'stream') socket.listen()
  const address = socket.localAddress()
  if (address === undefined || address.family === 'unix') throw new Error('no port')
  return { socket, port: address.port }
}

/** Started as a service manager does: sh says its own number, and becomes the service. */
function activated(sockets: readonly NativeSocket[], ...args: readonly string[]): ChildProcess {
  const script = 'LISTEN_PID=$$ exec "$@"'
  const service = [process.execPath, GREETER, '--admin-port', '0', ...args]
  return spawn('sh', ['-c', script, 'sh', ...service], {
    stdio: ['ignore', 'pipe', 'pipe', ...sockets.map(({ descriptor }) => descriptor)],
    env: { ...process.env, LISTEN_FDS: String(sockets.length), SOCKYARD_LOG_FORMAT: 'json' },
  })
}

/** Started as inetd does: the socket is all of the standard streams. */
function byInetd(descriptor: number, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [GREETER, '--inetd', ...args], {
    stdio: [descriptor, descriptor, descriptor],
  })
}

const greetingAt = (port: number): Promise<string> => text(connect(port, '127.0.0.1'))

describe('LISTEN_FDS', () => {
  it.each([
    [{}, []],
    [{ LISTEN_FDS: '2' }, []],
    [{ LISTEN_FDS: '2', LISTEN_PID: '8' }, []],
    [{ LISTEN_FDS: '2', LISTEN_PID: '7' }, ['', '']],
    [{ LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'time' }, ['time', '']],
    [{ LISTEN_FDS: '1', LISTEN_PID: '7', LISTEN_FDNAMES: 'a:b' }, ['a']],
  ])('%j passes to process 7 %j', (env, names) => {
    expect(passedNames(env, 7)).toEqual(names)
  })

  it.each(['many', '-1', '1e3', ''])('the count %j is refused', (count) => {
    const env = { LISTEN_FDS: count, LISTEN_PID: '7' }
    expect(() => passedNames(env, 7)).toThrow('environment variable LISTEN_FDS')
  })

  it.each(ENGINES)('every passed listening socket is served, by the engine %s', async (engine) => {
    const sockets = [bound('stream'), bound('stream')]
    const passed = sockets.map(({ socket }) => socket)
    const service = activated(passed, '--engine', engine)
    for (const { port } of sockets) expect(await greetingAt(port)).toBe('hello\n')
    service.kill()
    const [code] = (await once(service, 'exit')) as [number]
    expect(code).toBe(0)
    for (const { socket } of sockets) socket.close()
  })

  it('a socket that the service cannot serve is an error, with exit code 2', async () => {
    const { socket, port } = bound('datagram')
    const service = activated([socket])
    const [complaint, [code]] = await Promise.all([
      service.stderr === null ? '' : text(service.stderr),
      once(service, 'exit') as Promise<[number]>,
    ])
    expect({ complaint, code, port: port > 0 }).toEqual({
      complaint: 'greeter: LISTEN_FDS: needs a listening TCP socket\n',
      code: 2,
      port: true,
    })
    socket.close()
  })
})

describe.each(ENGINES)('--inetd, with the engine %s', (engine) => {
  it('nowait: the connection is served, without a stray byte, and the process ends', async () => {
    const { socket, port } = bound('stream')
    const client = connect(port, '127.0.0.1')
    await once(client, 'connect')
    const connection = socket.accept()
    const service = byInetd(
      connection?.descriptor ?? -1,
      '--log-level',
      'trace',
      '--engine',
      engine,
    )
    const ended = once(service, 'exit')
    connection?.close()
    expect(await text(client)).toBe('hello\n')
    expect(await ended).toEqual([0, null])
    socket.close()
  })

  it('wait: all clients are served, until none came for --inetd-idle', async () => {
    const { socket, port } = bound('stream')
    const service = byInetd(socket.descriptor, '--inetd-idle', '300ms', '--engine', engine)
    const ended = once(service, 'exit')
    const greetings = await Promise.all([greetingAt(port), greetingAt(port)])
    expect(greetings).toEqual(['hello\n', 'hello\n'])
    expect(await ended).toEqual([0, null])
    socket.close()
  })

  it('wait: a client that is not let in keeps the process no longer than any other', async () => {
    const { socket, port } = bound('stream')
    const words = ['--inetd-idle', '300ms', '--engine', engine, '--deny', '127.0.0.0/8']
    const service = byInetd(socket.descriptor, ...words)
    const ended = once(service, 'exit')
    expect(await greetingAt(port)).toBe('')
    expect(await ended).toEqual([0, null])
    socket.close()
  })

  it('wait: neither do a hundred at once, of which most are closed without a word', async () => {
    const { socket, port } = bound('stream')
    const clients = Array.from({ length: 100 }, () =>
      connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {}),
    )
    await Promise.all(clients.map((client) => once(client, 'connect')))
    const words = ['--inetd-idle', '300ms', '--engine', engine, '--deny', '127.0.0.0/8']
    const service = byInetd(socket.descriptor, ...words)
    const ended = once(service, 'exit')
    await Promise.all(clients.map((client) => once(client.resume(), 'end').catch(() => [])))
    for (const client of clients) client.destroy()
    expect(await ended).toEqual([0, null])
    socket.close()
  })

  it('a wrong option is no word to the client', async () => {
    const { socket, port } = bound('stream')
    const client = connect(port, '127.0.0.1')
    await once(client, 'connect')
    const connection = socket.accept()
    const service = byInetd(connection?.descriptor ?? -1, '--nosuch')
    const ended = once(service, 'exit')
    connection?.close()
    expect(await text(client)).toBe('')
    expect(await ended).toEqual([2, null])
    socket.close()
  })
})
