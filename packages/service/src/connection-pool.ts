import { ConnectionCounts, connectionLimit, type ConnectionRefusal } from './connection-counts.ts'
import type { TcpConnection } from './tcp-connection.ts'
import { createTcpMetrics, type TcpMetrics } from './tcp-metrics.ts'
import type { TcpServerOptions } from './tcp-server.ts'

type PoolOptions = Pick<
  TcpServerOptions,
  'maxConnections' | 'maxConnectionsPerAddress' | 'addresses' | 'metrics'
>

/** The connections that are open, and whether one more may come in. */
export class ConnectionPool {
  /** The most there may be. */
  readonly total: number
  readonly metrics: TcpMetrics
  readonly #connections = new Set<TcpConnection>()
  readonly #counts: ConnectionCounts
  #isClosed = false

  constructor({ maxConnections, maxConnectionsPerAddress, addresses, metrics }: PoolOptions) {
    this.total = connectionLimit(maxConnections ?? 2_000)
    this.#counts = new ConnectionCounts({
      total: this.total,
      perAddress: maxConnectionsPerAddress ?? 32,
      addresses,
    })
    this.metrics = createTcpMetrics(metrics, this.#connections)
  }

  get connections(): ReadonlySet<TcpConnection> {
    return this.#connections
  }

  /** Undefined when a connection from this address may come in, else the one reason why not. */
  refusal(address: string): ConnectionRefusal | undefined {
    return this.#isClosed ? 'stopping' : this.#counts.refusal(address)
  }

  /** It is in until its socket is closed. */
  add(connection: TcpConnection): void {
    this.#counts.enter(connection.address)
    this.#connections.add(connection)
    this.metrics.accepted()
    connection.socket.once('close', () => this.#remove(connection))
  }

  /** From now on nobody may come in. */
  close(): void {
    this.#isClosed = true
  }

  destroyAll(): void {
    for (const { socket } of this.#connections) socket.destroy()
  }

  #remove(connection: TcpConnection): void {
    this.#counts.leave(connection.address)
    this.#connections.delete(connection)
    this.metrics.ended(connection)
  }
}
