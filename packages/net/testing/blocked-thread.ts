import { connect } from 'node:net'

import { ThreadServer } from '../src/process-models/thread-server.ts'

/** A server, one of whose threads is blocked by a client indefinitely, is stopped; then the process ends. */
const state = new Int32Array(new SharedArrayBuffer(4))
const source = `
  export const createProtocol = (state) => ({
    onConnection: () => ({
      onData() {
        Atomics.store(state, 0, 1)
        Atomics.notify(state, 0)
        for (;;);
      },
    }),
  })`
const silent = (): void => undefined
const server = new ThreadServer({
  port: 0,
  host: '127.0.0.1',
  protocol: { url: `data:text/javascript,${encodeURIComponent(source)}`, settings: state },
  workers: 2,
  maxConnections: 10,
  maxConnectionsPerAddress: 10,
  allow: [],
  deny: [],
  idleMillis: 0,
  drainIdleMillis: 0,
  log: { debug: silent, info: silent, warn: silent, error: silent, isLevelEnabled: () => false },
  logConnections: false,
})
const { port } = await server.start()
connect(port, '127.0.0.1').on('error', silent).write('x')
await Atomics.waitAsync(state, 0, 0).value
await server.stop(AbortSignal.timeout(50))
process.stdout.write('stopped\n')
exit(process)

function exit(host: NodeJS.Process): void {
  host.exit(0)
}
