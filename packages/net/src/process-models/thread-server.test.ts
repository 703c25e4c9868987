import { runApp } from '@sockyard/testkit/process'
import { expect, it } from 'vitest'

import { ThreadServer } from './thread-server.ts'

/** Threads that take long to load their modules, as on a busy machine; each counts itself when it has. */
function slowProtocol(loaded: Int32Array): { url: string; settings: unknown } {
  const source = `
    await new Promise((resolve) => setTimeout(resolve, 300))
    export function createProtocol(loaded) {
      Atomics.add(loaded, 0, 1)
      return { onConnected() {}, onData() {}, onEnd() {} }
    }`
  return { url: `data:text/javascript,${encodeURIComponent(source)}`, settings: loaded }
}

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  isLevelEnabled: () => false,
}

it('listens only when every thread has loaded all that it needs: connections may take the last descriptor', async () => {
  const loaded = new Int32Array(new SharedArrayBuffer(4))
  const server = new ThreadServer({
    port: 0,
    host: '127.0.0.1',
    protocol: slowProtocol(loaded),
    workers: 2,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    allow: [],
    deny: [],
    idleMillis: 0,
    drainIdleMillis: 0,
    log: silent,
    logConnections: false,
  })
  await server.start()
  expect(Atomics.load(loaded, 0)).toBe(2)
  await server.stop(AbortSignal.abort())
})

it('stops, and its process ends with 0, though a thread never obeys', async () => {
  const { code, stdout, stderr } = await runApp('packages/net/testing/blocked-thread.ts', [])
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' })
})
