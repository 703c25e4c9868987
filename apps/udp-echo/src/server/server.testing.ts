import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { type RunningApp, startApp } from '@sockyard/testkit/process'

/** A server as a process of its own; by default on 127.0.0.1 and a free port. */
export async function startServer(
  ...args: string[]
): Promise<{ app: RunningApp; port: number; metric: (line: string) => Promise<number> }> {
  const app = await startApp('udp-echo', ['--host', '127.0.0.1', '--port', '0', ...args])
  const { port } = await app.listening()
  return { app, port, metric: async (line) => metricOf(await app.adminPort(), line) }
}

/** The value of one line of /metrics, such as `name{label="value"}`. */
async function metricOf(adminPort: number, line: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  const found = text.split('\n').find((each) => each.startsWith(`${line} `))
  if (found === undefined) throw new Error(`no metric ${line} in\n${text}`)
  return Number(found.slice(line.length + 1))
}

export interface Peer extends AsyncDisposable {
  readonly socket: Socket
  readonly port: number
  /** All that came so far. */
  readonly received: Buffer[]
  /** Resolves when the kernel has taken it. */
  send(bytes: Uint8Array | string, port: number): Promise<void>
}

/** A socket bound to a loopback address, which keeps what comes. */
export async function peerAt(address = '127.0.0.1', bindPort = 0): Promise<Peer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const received: Buffer[] = []
  socket.on('message', (bytes) => received.push(bytes))
  socket.bind({ address, port: bindPort, exclusive: true })
  await once(socket, 'listening')
  socket.setRecvBufferSize(4 * 1024 * 1024)
  return {
    socket,
    port: socket.address().port,
    received,
    send: (bytes, port) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, port, address.includes(':') ? '::1' : '127.0.0.1', (error) =>
          error === null ? resolve() : reject(error),
        )
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
