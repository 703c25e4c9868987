import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import type { AddressList } from './address-list.ts'
import { bindTcpServer } from './bind-tcp-server.ts'
import type { ConnectionRefusal } from './connection-counts.ts'
import type { Expiry } from './connection-expiry.ts'
import { ConnectionPool } from './connection-pool.ts'
import { type LimitedLog, limitLog } from './limited-log.ts'
import { listenAnywhere } from './listen.ts'
import { MAXIMUM_REFUSED } from './refused-peers.ts'
import { TcpArrivals } from './tcp-arrivals.ts'
import type { TcpConnection } from './tcp-connection.ts'
import { endVanishedPeers } from './vanished-peers.ts'

export type { TcpConnection } from './tcp-connection.ts'

export interface TcpServerOptions {
  /** 0 picks a free one. */
  port: number
  /** An address, or a name of this host. Without it every address: IPv6 and IPv4 at once, or of `family` only. */
  host?: string | undefined
  family?: 4 | 6 | undefined
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
  readonly #limited: LimitedLog
  readonly #pool: ConnectionPool
  readonly #arrivals: TcpArrivals
  readonly #server: Server
  #stopWatch: (() => void) | undefined

  constructor(options: TcpServerOptions) {
    this.#options = options
    this.#limited = limitLog(options.log)
    this.#pool = new ConnectionPool(options)
    this.#arrivals = new TcpArrivals(options, this.#pool, this.#limited)
    this.#server = createServer({ allowHalfOpen: true, noDelay: true })
    // Beyond this Node itself closes and says so with 'drop'; libuv, out of descriptors, would say nothing.
    this.#server.maxConnections = this.#pool.total + MAXIMUM_REFUSED
    this.#server.on('connection', (socket) => this.#arrivals.arrive(socket))
    this.#server.on('drop', () => this.#pool.metrics.refused('dropped'))
  }

  get connections(): ReadonlySet<TcpConnection> {
    return this.#pool.connections
  }

  async start(): Promise<AddressInfo> {
    const { port, log } = this.#options
    const bound = await listenAnywhere(this.#options, (host, ipv6Only) =>
      bindTcpServer(this.#server, { host, port, ipv6Only }, (error) =>
        this.#limited.warn({ error: error.message }, 'accept failed'),
      ),
    )
    this.#stopWatch = this.#endVanishedPeers()
    log.info({ transport: 'tcp', address: bound.address, port: bound.port }, 'listening')
    return bound
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#pool.close()
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    for (const connection of this.connections) this.#options.onStopping?.(connection)
    await Promise.race([closed, aborted(drained)])
    this.#pool.destroyAll()
    this.#arrivals.refused.destroyAll()
    await closed
    this.#stopWatch?.()
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
