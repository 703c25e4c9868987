import { once } from 'node:events'

import { chooseEngine } from '@sockyard/net/engine'
import { NetworkError, networkError, place } from '@sockyard/net/errors'
import { type ConnectionHandler, type TcpConnection, TcpServer } from '@sockyard/net/tcp'
import { createMessageReport, type MessageReport } from '@sockyard/probe/messages'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import type { ReceiveOptions } from '../config.ts'

/** Clients that may wait for their turn; more are rejected. */
const MAXIMUM_WAITING = 32

/** The sequential server: one client after the other, a line for each receive, until the client ends. */
export async function receive(context: CommandContext<ReceiveOptions>): Promise<number> {
  const { options, signal, stdout, log } = context
  const report = createMessageReport(stdout, options.json)
  const queue = new ClientQueue(context, report)
  const server = new TcpServer({
    port: options.port,
    host: options.host,
    family: ipFamily(options),
    engine: chooseEngine(options.engine).engine,
    maxConnections: MAXIMUM_WAITING + 1,
    maxConnectionsPerAddress: MAXIMUM_WAITING + 1,
    idleMillis: options.idleTimeout,
    log,
    onConnection: (connection) => queue.add(connection),
    expiryMessage({ address, port }) {
      log.warn({ address, port }, timedOut(address, port).message)
      return undefined
    },
  })
  const { address, port } = await server.start()
  report.start({ transport: 'tcp', host: options.host, address, port })
  if (!signal.aborted) await Promise.race([queue.complete, once(signal, 'abort')])
  await server.stop(AbortSignal.abort())
  report.end()
  return 0
}

/** The clients in the order in which they connected; only the first is read. */
class ClientQueue {
  readonly #context: CommandContext<ReceiveOptions>
  readonly #report: MessageReport
  readonly #clients: TcpConnection[] = []
  readonly #complete = Promise.withResolvers<void>()
  #served = 0

  constructor(context: CommandContext<ReceiveOptions>, report: MessageReport) {
    this.#context = context
    this.#report = report
  }

  /** Fulfilled after `--count` clients that were not reset. */
  get complete(): Promise<void> {
    return this.#complete.promise
  }

  add(connection: TcpConnection): ConnectionHandler {
    this.#clients.push(connection)
    // After it was opened, which makes it read.
    if (this.#clients.length > 1) queueMicrotask(() => this.#hold(connection))
    return {
      onData: (_connection, bytes) => this.#show(connection, bytes),
      onClose: (_connection, error) => this.#closed(connection, error),
    }
  }

  #hold(connection: TcpConnection): void {
    if (this.#clients[0] !== connection) connection.pause()
  }

  #show(connection: TcpConnection, bytes: Uint8Array): void {
    const { stdout } = this.#context
    this.#report.received(connection, bytes)
    if (!stdout.writableNeedDrain) return
    connection.pause()
    stdout.once('drain', () => connection.resume())
  }

  #closed(connection: TcpConnection, error: Error | undefined): void {
    const { log, options, signal } = this.#context
    const { address, port } = connection
    if (error !== undefined && !signal.aborted)
      log.warn({ address, port }, networkError(error, address, port).message)
    const isFirst = this.#clients[0] === connection
    this.#clients.splice(this.#clients.indexOf(connection), 1)
    // One that was reset may be gone before it is accepted: it counts neither then nor later.
    if (error === undefined) this.#served += 1
    if (this.#served === options.count) this.#complete.resolve()
    else if (isFirst) this.#clients[0]?.resume()
  }
}

function timedOut(host: string, port: number): NetworkError {
  const message = `${place(host, port)}closed after silence`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
