import type { Socket } from 'node:net'

import type { ConnectionRefusal } from './connection-counts.ts'
import { ConnectionExpiry, type Expiry } from './connection-expiry.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { isSystemError } from './errors.ts'
import type { LimitedLog } from './limited-log.ts'
import { RefusedPeers } from './refused-peers.ts'
import { unmapped } from './source-address.ts'
import type { TcpConnection } from './tcp-connection.ts'
import type { TcpServerOptions } from './tcp-server.ts'

const KEEPALIVE = { enable: true, initialDelay: 30_000, interval: 5_000, count: 3 } as const

/** What becomes of a peer that connects: it is let in and given its timeouts, or told why not. */
export class TcpArrivals {
  readonly refused: RefusedPeers
  readonly #options: TcpServerOptions
  readonly #pool: ConnectionPool
  readonly #limited: LimitedLog
  readonly #expiry: ConnectionExpiry
  #accepted = 0

  constructor(options: TcpServerOptions, pool: ConnectionPool, limited: LimitedLog) {
    this.#options = options
    this.#pool = pool
    this.#limited = limited
    this.refused = new RefusedPeers((socket, reason) => options.onRefused?.(socket, reason))
    this.#expiry = new ConnectionExpiry({
      idleMillis: options.idleMillis ?? 300_000,
      firstDataMillis: options.firstDataMillis ?? 0,
      isSettled: options.isSettled ?? (({ socket }) => socket.bytesRead > 0),
      onExpired: (connection, reason) => this.#expired(connection, reason),
    })
  }

  arrive(socket: Socket): void {
    // First of all: a RST without a listener ends the process.
    socket.on('error', (error) =>
      this.#pool.metrics.failed(isSystemError(error) ? error.code : 'OTHER'),
    )
    const { remoteAddress, remotePort: port } = socket
    if (remoteAddress === undefined || port === undefined) {
      const { inherited } = this.#options
      this.#limited.info({ address: inherited?.remoteAddress }, 'gone before it was served')
      socket.destroy()
      return
    }
    const address = unmapped(remoteAddress)
    const reason = this.#pool.refusal(address)
    if (reason !== undefined) this.#refuse(socket, reason)
    else this.#admit({ id: (this.#accepted += 1), socket, address, port })
  }

  #admit(connection: TcpConnection): void {
    this.#pool.add(connection)
    connection.socket.setKeepAlive(KEEPALIVE)
    this.#expiry.watch(connection)
    this.#options.onConnection(connection)
  }

  #refuse(socket: Socket, reason: ConnectionRefusal): void {
    this.#pool.metrics.refused(reason)
    this.#limited.info({ address: socket.remoteAddress, reason }, 'refused')
    this.refused.refuse(socket, reason)
  }

  #expired(connection: TcpConnection, reason: Expiry): void {
    const { id, address, socket } = connection
    this.#pool.metrics.expired(reason)
    this.#limited.info({ id, address, reason }, 'expired')
    if (socket.writable) this.#options.onExpired?.(connection, reason)
  }
}
