import { platform } from 'node:os'

import { NativeCallsMissingError, SystemCallError } from '@sockyard/posix/ffi'
import { millisSinceLastSegment } from '@sockyard/posix/options'
import { ClosedDescriptorError } from '@sockyard/posix/socket'

import type { LimitedLog } from '../log/limited-log.ts'
import type { EngineConnection } from './engine.ts'
import type { ExpiryReason, TcpConnection } from './tcp-connection.ts'

/** How long a connection may be idle; milliseconds. */
export interface TimeoutOptions {
  /** Neither side has sent anything for so long; 0 is never. */
  idleMillis: number
  /** The peer has not sent its first byte by then (or what `isSettled` asks for); 0 is never. */
  firstDataMillis: number
  /** Asked once, after `firstDataMillis`. */
  isSettled: (connection: TcpConnection) => boolean
  /** A peer's kernel that was not heard for so long is gone: more than 120,000 in earnest. */
  deadPeerMillis: number
  /** While the server stops: a connection on which nothing moved for so long is ended; 0 is never. */
  drainIdleMillis: number
}

/** What `ConnectionTimeouts` reports. */
export interface TimeoutEvents {
  /** A timeout has passed: the connection is to be closed. */
  onExpired(connection: EngineConnection, reason: ExpiryReason): void
  /** The server stops, and nothing is under way on this connection. */
  onDrained(connection: EngineConnection): void
}

const LONGEST_PERIOD_MILLIS = 1_000
const SHORTEST_PERIOD_MILLIS = 5
const DEAD_PEER_PERIOD_MILLIS = 10_000

/** Notices connections that are idle, or whose peer is gone. Looks at all of them, as long as there are any. */
export class ConnectionTimeouts {
  readonly #options: TimeoutOptions
  readonly #events: TimeoutEvents
  readonly #log: LimitedLog
  readonly #connections: ReadonlySet<EngineConnection>
  /** Of those, the ones whose first byte was not asked for yet. */
  readonly #unsettled = new Set<EngineConnection>()
  #deadPeers: DeadPeerDetector | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(
    options: TimeoutOptions,
    connections: ReadonlySet<EngineConnection>,
    events: TimeoutEvents,
    log: LimitedLog,
  ) {
    this.#options = options
    this.#connections = connections
    this.#events = events
    this.#log = log
  }

  opened(connection: EngineConnection): void {
    if (this.#options.firstDataMillis > 0) this.#unsettled.add(connection)
    this.#timer ??= this.#start()
  }

  closed(connection: EngineConnection): void {
    this.#unsettled.delete(connection)
    if (this.#connections.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  stopping(): void {
    this.#isStopping = true
    clearInterval(this.#timer)
    this.#timer = this.#connections.size === 0 ? undefined : this.#start()
  }

  #start(): NodeJS.Timeout {
    const { idleMillis, firstDataMillis, drainIdleMillis, deadPeerMillis } = this.#options
    const limits = [idleMillis, firstDataMillis, deadPeerMillis]
    if (this.#isStopping) limits.push(drainIdleMillis / 2)
    const shortest = Math.min(...limits.filter((limit) => limit > 0))
    const period = Math.min(LONGEST_PERIOD_MILLIS, shortest / 4)
    return setInterval(() => this.#check(), Math.max(SHORTEST_PERIOD_MILLIS, period))
  }

  #check(): void {
    const now = performance.now()
    this.#checkFirstData(now)
    for (const connection of this.#connections) this.#checkIdle(connection, now)
    this.#deadPeers ??= new DeadPeerDetector(this.#options.deadPeerMillis, this.#log, now)
    this.#deadPeers.check(this.#connections, now, (connection) =>
      this.#events.onExpired(connection, 'vanished'),
    )
  }

  #checkFirstData(now: number): void {
    for (const connection of this.#unsettled) {
      // In the order of `since`.
      if (now - connection.since < this.#options.firstDataMillis) return
      this.#unsettled.delete(connection)
      if (!connection.isLingering && !this.#options.isSettled(connection))
        this.#events.onExpired(connection, 'first-data')
    }
  }

  #checkIdle(connection: EngineConnection, now: number): void {
    // Of a paused connection without anything to send it is the service itself that keeps it waiting.
    if (connection.isLingering || (connection.isPaused && connection.queuedBytes === 0)) return
    const idle = now - connection.lastActivityAt
    const { idleMillis, drainIdleMillis } = this.#options
    if (this.#isStopping && drainIdleMillis > 0) {
      if (idle >= drainIdleMillis && connection.isWritable) this.#events.onDrained(connection)
    } else if (idleMillis > 0 && idle >= idleMillis) this.#events.onExpired(connection, 'idle')
  }
}

/**
 * Finds connections whose peer's kernel was not heard for too long. Keepalive does that for idle connections
 * only: with data unacknowledged Linux goes on for 15 minutes (tcp(7), tcp_retries2). A peer that lives and
 * does not read answers window probes, at least every 120 s, and is left alone.
 */
class DeadPeerDetector {
  readonly #deadPeerMillis: number
  readonly #periodMillis: number
  readonly #log: LimitedLog
  #checkedAt: number
  #isPossible = platform() === 'linux'

  constructor(deadPeerMillis: number, log: LimitedLog, now: number) {
    this.#deadPeerMillis = deadPeerMillis
    this.#periodMillis = Math.min(DEAD_PEER_PERIOD_MILLIS, deadPeerMillis / 4)
    this.#log = log
    this.#checkedAt = now
  }

  check(
    connections: ReadonlySet<EngineConnection>,
    now: number,
    onDead: (connection: EngineConnection) => void,
  ): void {
    if (!this.#isPossible || now - this.#checkedAt < this.#periodMillis) return
    this.#checkedAt = now
    this.#find(connections, onDead)
  }

  #find(
    connections: ReadonlySet<EngineConnection>,
    onDead: (connection: EngineConnection) => void,
  ): void {
    for (const connection of connections) {
      try {
        if (millisSinceLastSegment(connection.socket) > this.#deadPeerMillis) onDead(connection)
      } catch (error) {
        if (error instanceof NativeCallsMissingError) {
          this.#isPossible = false
          return this.#log.warn({ error }, 'dead peers are detected late')
        }
        // A socket that was closed in the meantime is not silent, it is gone.
        if (!(error instanceof SystemCallError || error instanceof ClosedDescriptorError))
          throw error
      }
    }
  }
}
