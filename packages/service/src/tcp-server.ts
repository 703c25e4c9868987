import type { AddressInfo, Socket } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import type { AddressList } from './address-list.ts'
import type { ConnectionRefusal } from './connection-counts.ts'
import type { Expiry } from './connection-expiry.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { InheritedSockets } from './inherited-sockets.ts'
import { limitLog } from './limited-log.ts'
import { listenAnywhere } from './listen.ts'
import { showOptionsOf } from './listening-sockets.ts'
import { MAXIMUM_REFUSED } from './refused-peers.ts'
import { TcpArrivals } from './tcp-arrivals.ts'
import type { TcpConnection } from './tcp-connection.ts'
import { TcpListeners } from './tcp-listeners.ts'
import { endVanishedPeers } from './vanished-peers.ts'

export type { TcpConnection } from './tcp-connection.ts'

export interface TcpServerOptions {
  /** 0 picks a free one. */
  port: number
  /** An address, or a name of this host. Without it every address: IPv6 and IPv4 at once, or of `family` only. */
  host?: string | undefined
  family?: 4 | 6 | undefined
  /** Those of the service's context: a listening socket or a connection among them is used instead of a port. */
  inherited?: InheritedSockets
  /** In all, 2,000 by default; never more than the descriptor limit - 128. */
  maxConnections?: number
  /** 32 by default. An IPv6 /64 counts as one address. */
  maxConnectionsPerAddress?: number
  /** 300,000 by default; 0 is never. */
  idleMillis?: number
  /** The peer must have sent its first byte by then (or what `isSettled` asks for); 0, the default, is never. */
  firstDataMillis?: number
  /** Asked once, after `firstDataMillis`: by default whether the peer has sent anything. */
  isSettled?: (connection: TcpConnection) => boolean
  /** A peer unheard for so long has vanished: 135,000 by default, which is gone in at most 150 s. */
  vanishedMillis?: number
  addresses?: AddressList
  log: Logger
  metrics: Registry
  /**
   * A peer is in. Half-open connections are allowed (RFC 9293, 3.6): after the peer's FIN ('end') the app sends
   * what is left and calls `socket.end()`. A paused socket does not show a FIN.
   */
  onConnection(connection: TcpConnection): void
  /** The last words to a peer that is not let in: at most one `socket.write`; it is closed afterwards. */
  onRefused?(socket: Socket, reason: ConnectionRefusal): void
  /** The last words to a peer that is dropped; it is closed afterwards. */
  onExpired?(connection: TcpConnection, reason: Expiry): void
  /** `stop` was called: say goodbye, and end the socket when its work is done. */
  onStopping?(connection: TcpConnection): void
}

export interface TcpServer {
  /**
   * Listens and logs "listening" with transport, address and port.
   *
   * @throws {AddressInUseError} when the port is taken
   * @throws {NetworkError} when it cannot be bound for another reason
   */
  start(): Promise<AddressInfo>
  /** Lets nobody in any more, waits until all connections are over or `drained` aborts, destroys the rest. */
  stop(drained: AbortSignal): Promise<void>
  readonly connections: ReadonlySet<TcpConnection>
}

/** A TCP server that holds what docs/limits asks, so that an app is its protocol and little else. */
export function createTcpServer(options: TcpServerOptions): TcpServer {
  return new LimitedServer(options)
}

class LimitedServer implements TcpServer {
  readonly #options: TcpServerOptions
  readonly #pool: ConnectionPool
  readonly #arrivals: TcpArrivals
  readonly #listeners: TcpListeners
  #stopWatch: (() => void) | undefined

  constructor(options: TcpServerOptions) {
    this.#options = options
    const limited = limitLog(options.log)
    this.#pool = new ConnectionPool(options)
    this.#arrivals = new TcpArrivals(options, this.#pool, limited)
    this.#listeners = new TcpListeners({
      maxConnections: this.#pool.total + MAXIMUM_REFUSED,
      arrive: (socket) => this.#arrivals.arrive(socket),
      onDropped: () => this.#pool.metrics.refused('dropped'),
      onAcceptFailed: (error) => limited.warn({ error: error.message }, 'accept failed'),
      onListening: (target, { address, port }) =>
        showOptionsOf(options.metrics, { transport: 'tcp', address, port, target }),
    })
  }

  get connections(): ReadonlySet<TcpConnection> {
    return this.#pool.connections
  }

  async start(): Promise<AddressInfo> {
    const bound = await this.#open()
    this.#stopWatch = this.#endVanishedPeers()
    const { log, inherited } = this.#options
    // A process that was started for one connection says as little as a connection does.
    const level = inherited?.isTransient === true ? 'debug' : 'info'
    for (const { address, port } of bound)
      log[level]({ transport: 'tcp', address, port }, 'listening')
    return bound[0]
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#pool.close()
    const closed = this.#listeners.close()
    for (const connection of this.connections) this.#options.onStopping?.(connection)
    await Promise.race([closed, aborted(drained)])
    this.#pool.destroyAll()
    this.#arrivals.refused.destroyAll()
    await closed
    this.#stopWatch?.()
  }

  /** @returns where it is bound */
  async #open(): Promise<[AddressInfo, ...AddressInfo[]]> {
    const { port, inherited } = this.#options
    if (inherited !== undefined && !inherited.isEmpty) return this.#listeners.adopt(inherited)
    const listen = (host: string, ipv6Only: boolean): Promise<AddressInfo> =>
      this.#listeners.listen({ host, port, ipv6Only })
    return [await listenAnywhere(this.#options, listen)]
  }

  #endVanishedPeers(): () => void {
    return endVanishedPeers({
      connections: this.connections,
      silenceMillis: this.#options.vanishedMillis ?? 135_000,
      log: this.#options.log,
      onVanished: ({ socket }) => {
        this.#pool.metrics.expired('vanished')
        socket.destroy()
      },
    })
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
