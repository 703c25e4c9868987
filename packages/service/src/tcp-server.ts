import { type AddressInfo, createServer, type Socket } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import type { AddressList } from './address-list.ts'
import { ConnectionCounts, connectionLimit, type ConnectionRefusal } from './connection-counts.ts'
import { endSoon } from './end-soon.ts'
import { isSystemError } from './errors.ts'
import { limitLog } from './limited-log.ts'
import { listenAnywhere } from './listen.ts'
import { unmapped } from './source-address.ts'
import { createTcpMetrics } from './tcp-metrics.ts'
import { endVanishedPeers } from './vanished-peers.ts'

/** One peer. The socket has an error listener, no Nagle delay and keepalive; what it carries is the app's. */
export interface TcpConnection {
  /** 1, 2, 3 … in the order of arrival. */
  readonly id: number
  readonly socket: Socket
  /** The peer's address; an IPv4-mapped one is shown as IPv4. */
  readonly address: string
  readonly port: number
}

/** `idle`: neither side sent anything for `idleMillis`. `first-data`: see `firstDataMillis`. */
type Expiry = 'idle' | 'first-data'

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

/** Refused peers that may hear their last words at the same time; the others are closed at once. */
const MAXIMUM_REFUSED = 32
const BACKLOG = 1_024
const KEEPALIVE = { enable: true, initialDelay: 30_000, interval: 5_000, count: 3 } as const

/** A TCP server that holds what docs/limits asks, so that an app is its protocol and little else. */
export function createTcpServer(options: TcpServerOptions): TcpServer {
  const { log, idleMillis = 300_000, firstDataMillis = 0, vanishedMillis = 135_000 } = options
  const { isSettled = ({ socket }: TcpConnection) => socket.bytesRead > 0 } = options
  const limited = limitLog(log)
  const total = connectionLimit(options.maxConnections ?? 2_000)
  const counts = new ConnectionCounts({
    total,
    perAddress: options.maxConnectionsPerAddress ?? 32,
    addresses: options.addresses,
  })
  const connections = new Set<TcpConnection>()
  const refused = new Set<Socket>()
  const metrics = createTcpMetrics(options.metrics, connections)
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  // Beyond this Node itself closes and says so with 'drop'; libuv, out of descriptors, would say nothing.
  server.maxConnections = total + MAXIMUM_REFUSED
  let accepted = 0
  let stopping = false
  let stopWatch: (() => void) | undefined

  const refuse = (socket: Socket, reason: ConnectionRefusal): void => {
    metrics.refused(reason)
    limited.info({ address: socket.remoteAddress, reason }, 'refused')
    if (refused.size >= MAXIMUM_REFUSED) {
      socket.destroy()
      return
    }
    refused.add(socket)
    socket.once('close', () => refused.delete(socket))
    options.onRefused?.(socket, reason)
    endSoon(socket)
  }

  const expire = (connection: TcpConnection, reason: Expiry): void => {
    metrics.expired(reason)
    limited.info({ id: connection.id, address: connection.address, reason }, 'expired')
    if (connection.socket.writable) options.onExpired?.(connection, reason)
    endSoon(connection.socket)
  }

  const watchFirstData = (connection: TcpConnection): void => {
    if (firstDataMillis === 0) return
    const timer = setTimeout(() => {
      if (!isSettled(connection)) expire(connection, 'first-data')
    }, firstDataMillis)
    connection.socket.once('close', () => clearTimeout(timer))
  }

  const admit = (connection: TcpConnection): void => {
    const { socket, address } = connection
    counts.enter(address)
    connections.add(connection)
    metrics.accepted()
    socket.once('close', () => {
      counts.leave(address)
      connections.delete(connection)
      metrics.ended(connection)
    })
    socket.setKeepAlive(KEEPALIVE)
    socket.setTimeout(idleMillis, () => expire(connection, 'idle'))
    watchFirstData(connection)
    options.onConnection(connection)
  }

  server.on('connection', (socket) => {
    // First of all: a RST without a listener ends the process.
    socket.on('error', (error) => metrics.failed(isSystemError(error) ? error.code : 'OTHER'))
    if (socket.remoteAddress === undefined || socket.remotePort === undefined) {
      socket.destroy()
      return
    }
    const address = unmapped(socket.remoteAddress)
    const reason = stopping ? 'stopping' : counts.refusal(address)
    if (reason !== undefined) refuse(socket, reason)
    else admit({ id: (accepted += 1), socket, address, port: socket.remotePort })
  })
  server.on('drop', () => metrics.refused('dropped'))

  const bind = (host: string, ipv6Only: boolean): Promise<AddressInfo> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port: options.port, ipv6Only, backlog: BACKLOG }, () => {
        server.off('error', reject)
        // accept(2) can fail, for want of memory for instance: the next one may go well.
        server.on('error', (error) => limited.warn({ error: error.message }, 'accept failed'))
        resolve(server.address() as AddressInfo)
      })
    })

  const start = async (): Promise<AddressInfo> => {
    const bound = await listenAnywhere(options, bind)
    stopWatch = endVanishedPeers({
      connections,
      silenceMillis: vanishedMillis,
      log,
      onVanished: ({ socket }) => {
        metrics.expired('vanished')
        socket.destroy()
      },
    })
    log.info({ transport: 'tcp', address: bound.address, port: bound.port }, 'listening')
    return bound
  }

  const stop = async (drained: AbortSignal): Promise<void> => {
    stopping = true
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    for (const connection of connections) options.onStopping?.(connection)
    await Promise.race([closed, aborted(drained)])
    for (const { socket } of connections) socket.destroy()
    for (const socket of refused) socket.destroy()
    await closed
    stopWatch?.()
  }

  return { start, stop, connections }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
