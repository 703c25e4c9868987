import { on, once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { NetworkError, networkError, place } from '@sockyard/service/errors'
import { createMessageReport, type MessageReport } from '@sockyard/service/message-report'

import type { ReceiveOptions } from './message-config.ts'

/** Clients that may wait for their turn; more are turned away. */
const MAXIMUM_WAITING = 32

/** The sequential server: one client after the other, a line for each recv, until the client ends. */
export async function receive(context: CommandContext<ReceiveOptions>): Promise<number> {
  const { options, signal, stdout } = context
  const report = createMessageReport(stdout, options.json)
  const server = createServer({ pauseOnConnect: true })
  server.maxConnections = MAXIMUM_WAITING
  // A client may be gone before its turn comes.
  server.on('connection', (socket) => socket.on('error', () => {}))
  await listen(server, options)
  const { address, port } = addressOf(server)
  report.start({ transport: 'tcp', address, port })
  let taken = 0
  try {
    for await (const [socket] of on(server, 'connection', { signal })) {
      await hear(context, socket, report)
      taken += 1
      if (taken === options.count) break
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  server.close()
  report.end()
  return 0
}

async function hear(
  { options, signal, stdout, log }: CommandContext<ReceiveOptions>,
  socket: Socket,
  report: MessageReport,
): Promise<void> {
  const { remoteAddress: address = '', remotePort: port = 0 } = socket
  const stop = (): void => void socket.destroy()
  signal.addEventListener('abort', stop)
  socket.setTimeout(options.idleTimeout, () => socket.destroy(silence(address, port)))
  try {
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      report.received({ address, port }, bytes)
      if (stdout.writableNeedDrain) await once(stdout, 'drain', { signal })
    }
  } catch (error) {
    if (!signal.aborted) log.warn({ address, port }, networkError(error, address, port).message)
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

async function listen(server: Server, options: ReceiveOptions): Promise<void> {
  const { host, port } = options
  const family = ipFamily(options)
  const address = family === 4 && host === '::' ? '0.0.0.0' : host
  try {
    server.listen({ host: address, port, ipv6Only: family === 6 })
    await once(server, 'listening')
  } catch (error) {
    throw networkError(error, address, port)
  }
}

function addressOf(server: Server): { address: string; port: number } {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening')
  return address
}

function silence(host: string, port: number): NetworkError {
  const message = `${place(host, port)}silent for too long; the next one's turn`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
