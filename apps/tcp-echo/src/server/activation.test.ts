import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { fillPattern } from '@sockyard/protocol/echo'
import { RunningApp } from '@sockyard/testkit/process'
import { describe, expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

/** It comes with systemd. */
const isMissing = spawnSync('systemd-socket-activate', ['--version']).error !== undefined
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** systemd-socket-activate(1) listens itself: the port must be free at that moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The echo service, to be started by systemd-socket-activate(1) on the first connection. */
async function activate(
  manager: readonly string[],
  ...options: readonly string[]
): Promise<{ app: RunningApp; port: number }> {
  const port = await freePort()
  const listen = ['--listen', `127.0.0.1:${port}`, ...manager]
  const setenv = ['-E', 'SOCKYARD_LOG_FORMAT=json', '-E', 'SOCKYARD_ADMIN_PORT=0']
  const service = [process.execPath, MAIN, ...options]
  const app = new RunningApp(spawn('systemd-socket-activate', [...listen, ...setenv, ...service]))
  await app.waitForText(/Listening on/)
  return { app, port }
}

/** Sends all of it, then FIN, and gives what came back before the server's FIN. */
function echoed(port: number, bytes: Uint8Array): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(bytes)
  return buffer(socket)
}

const sent = Buffer.alloc(5_000_000)
fillPattern(sent, 0)

describe.skipIf(isMissing).each(['native', 'node'])(
  'the echo server that systemd starts, with --engine %s',
  (engine) => {
    it('serves the listening socket that was passed, from the first connection on', async () => {
      const { app: service, port } = await activate([], '--engine', engine)
      await using app = service
      expect((await echoed(port, sent)).equals(sent)).toBe(true)
      const line = await app.waitForLog(
        ({ msg, transport }) => msg === 'listening' && transport === 'tcp',
      )
      expect(line).toMatchObject({ address: '127.0.0.1', port, engine })
      const answers = await Promise.all([echoed(port, sent), echoed(port, sent)])
      for (const answer of answers) expect(answer.equals(sent)).toBe(true)
      app.kill('SIGTERM')
      expect((await app.exited).code).toBe(0)
    })

    it('serves a connection that was passed, and ends with it', async () => {
      const { app: manager, port } = await activate(
        ['--accept'],
        '--engine',
        engine,
        '--log-level',
        'debug',
      )
      await using app = manager
      expect((await echoed(port, sent)).equals(sent)).toBe(true)
      const line = await app.waitForLog(
        ({ msg, transport }) => msg === 'listening' && transport === 'tcp',
      )
      expect(line).toMatchObject({ engine })
      await app.waitForText(/Child \d+ died with code 0/)
    })

    it('serves one connection as inetd passes it (nowait), without a stray byte, and ends', async () => {
      const { app: manager, port } = await activate(
        ['--accept', '--inetd'],
        '--inetd',
        '--engine',
        engine,
      )
      await using app = manager
      expect((await echoed(port, sent)).equals(sent)).toBe(true)
      await app.waitForText(/Child \d+ died with code 0/)
    })
  },
)
