import type { AddressInfo, Server, Socket } from 'node:net'

import type { NativeSocket } from '@sockyard/posix/socket'

import type { ConnectionHandler, TcpConnection } from './tcp-connection.ts'
import type { TcpCounters } from './tcp-counters.ts'

/** A connection that no handler has read. */
export interface AcceptedConnection {
  readonly socket: Socket | NativeSocket
  /** The peer's, normalized; behind a proxy that of its client. */
  readonly address: string
  readonly port: number
  /** What was read after the header of a proxy: the first that the handler gets. */
  readonly early?: Uint8Array
}

/** Closes this process's descriptor at once: the connection is not served, or another process serves it. */
export function closeAccepted({ socket }: AcceptedConnection): void {
  if ('destroy' in socket) socket.destroy()
  else socket.close()
}

/** Where to listen: a numeric host. */
export interface ListenAddress {
  host: string
  port: number
  ipv6Only: boolean
}

/** A listening socket. */
export interface Listening {
  readonly bound: AddressInfo
  readonly target: Server | NativeSocket
}

/** A connection that another program has accepted, and passed to this process. */
export interface AdoptedConnection {
  /** The local end. */
  readonly bound: AddressInfo
  /** Undefined when the peer is gone already: then it is closed. */
  readonly accepted: AcceptedConnection | undefined
}

/** What an engine reports about its listening sockets. */
export interface ListenerEvents {
  onAccept(accepted: AcceptedConnection): void
  /** accept(2) failed, for want of descriptors for instance: it is tried again after 100 ms. */
  onAcceptFailed(error: Error): void
  /** Closed at once, for there were more than `maxOpen`. */
  onDropped(): void
}

/** Reads and writes connections. */
export interface TcpEngine {
  /**
   * Listens (bind(2), listen(2)).
   *
   * @param maxOpen connections of this listener beyond which more are closed at once
   * @throws {Error} with a code, when it cannot be bound
   */
  listen(at: ListenAddress, events: ListenerEvents, maxOpen: number): Promise<Listening>
  /**
   * Accepts from a socket that another program has bound, and that listens already (sd_listen_fds(3)).
   *
   * @param descriptor from now on the engine's
   * @param maxOpen as for `listen`
   */
  adoptListener(descriptor: number, events: ListenerEvents, maxOpen: number): Promise<Listening>
  /** Takes a connection over that another program has accepted. @param descriptor from now on the engine's */
  adoptConnection(descriptor: number): AdoptedConnection
  /** Connections wait in the backlog (listen(2)) until `resumeAccepting`. */
  holdAccepting(): void
  resumeAccepting(): void
  /** Closes the listening sockets: connections in the backlog are reset. */
  closeListeners(): void
  /** Takes a connection over, and reads it when it has a handler. */
  open(accepted: AcceptedConnection, id: number, owner: ConnectionOwner): EngineConnection
  /** When all connections are closed. */
  close(): void
}

/** The peer of a connection. */
export interface ConnectionOwner {
  /** Of the bytes of its connections. */
  readonly counters: Pick<TcpCounters, 'received' | 'sent' | 'queued'>
  /** Its descriptor is closed. */
  onClosed(connection: EngineConnection, error: Error | undefined): void
}

const DISCARD: ConnectionHandler = { onData() {} }
const LINGERING_MILLIS = 1_000

/** What connections of all engines have in common. */
export abstract class EngineConnection implements TcpConnection {
  readonly id: number
  readonly address: string
  readonly port: number
  readonly since: number
  lastActivityAt: number
  bytesReceived = 0
  bytesSent = 0
  /** Of the service. During a lingering close it is told of `onDrain` and `onClose` only. */
  handler: ConnectionHandler = DISCARD
  isPaused = true
  abstract readonly socket: Socket | NativeSocket
  protected isDiscarding = false
  readonly #owner: ConnectionOwner
  /** Kept here as well: looked up for each piece that is received or sent. */
  readonly #counters: ConnectionOwner['counters']
  readonly #early: Uint8Array | undefined
  #lingerTimer: NodeJS.Timeout | undefined
  #reportedQueue = 0

  constructor({ address, port, early }: AcceptedConnection, id: number, owner: ConnectionOwner) {
    this.id = id
    this.address = address
    this.port = port
    this.#owner = owner
    this.#counters = owner.counters
    this.#early = early
    this.since = performance.now()
    this.lastActivityAt = this.since
  }

  abstract readonly localAddress: string
  abstract readonly localPort: number
  abstract readonly queuedBytes: number
  abstract readonly isWritable: boolean
  abstract write(bytes: Uint8Array): boolean
  abstract end(): void
  abstract pause(): void
  abstract resume(): void
  abstract destroy(): void
  abstract abort(): void
  /** The engine forgets it, and its socket may be opened anew; nothing may be queued. The handler hears no more. */
  abstract detach(): void

  /** From now on the handler reads it. */
  start(handler: ConnectionHandler): void {
    this.handler = handler
    this.resume()
    if (this.#early !== undefined && this.#early.length > 0) this.received(this.#early)
  }

  lingeringClose(timeoutMillis = LINGERING_MILLIS): void {
    if (this.#lingerTimer !== undefined) return
    this.isDiscarding = true
    this.#lingerTimer = setTimeout(() => this.destroy(), timeoutMillis)
    this.end()
    this.resume()
  }

  /** Whether a lingering close is under way. */
  get isLingering(): boolean {
    return this.#lingerTimer !== undefined
  }

  protected received(bytes: Uint8Array): void {
    this.bytesReceived += bytes.length
    this.#counters.received(bytes.length)
    if (!this.isDiscarding) this.handler.onData(this, bytes)
  }

  protected sent(bytes: number): void {
    this.bytesSent += bytes
    this.#counters.sent(bytes)
  }

  /** What waits for the peer may have changed. */
  protected queueChanged(bytes = this.queuedBytes): void {
    if (bytes === this.#reportedQueue) return
    this.#counters.queued(bytes - this.#reportedQueue)
    this.#reportedQueue = bytes
  }

  protected receivedEnd(): void {
    if (this.isDiscarding) return
    if (this.handler.onEnd === undefined) this.end()
    else this.handler.onEnd(this)
  }

  protected drained(): void {
    this.handler.onDrain?.(this)
  }

  protected closed(error: Error | undefined): void {
    clearTimeout(this.#lingerTimer)
    this.queueChanged(0)
    this.#owner.onClosed(this, error)
    this.handler.onClose?.(this, error)
  }
}
