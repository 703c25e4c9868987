import type { ConnectionLimiter } from '../access/connection-limiter.ts'
import type { DescriptorBudget } from '../access/descriptor-budget.ts'
import type { LimitedLog } from '../log/limited-log.ts'
import { Admission } from './admission.ts'
import { ConnectionTimeouts, type TimeoutOptions } from './connection-timeouts.ts'
import type { AcceptedConnection, ConnectionOwner, EngineConnection, TcpEngine } from './engine.ts'
import type { ExpiryReason, TcpProtocol } from './tcp-connection.ts'
import type { TcpCounters } from './tcp-counters.ts'

/** Longer than any drain: a peer that still reads what is queued may go on. */
const DRAIN_LINGER_MILLIS = 2 ** 31 - 1

export interface RegistryOptions {
  engine: TcpEngine
  protocol: TcpProtocol
  limiter: ConnectionLimiter
  /** As `AdmissionOptions` has it. */
  budget: (() => DescriptorBudget) | undefined
  counters: TcpCounters
  timeouts: TimeoutOptions
  log: LimitedLog
  /** Whether each connection is logged when it begins and ends. */
  logConnections: boolean
  nextId: () => number
  onClosed?: (connection: EngineConnection) => void
  onRejectedClosed?: () => void
}

/**
 * The connections of a server: which are accepted, what ends them, what is counted and logged of them. The rules
 * are the same for every engine.
 */
export class ConnectionRegistry implements ConnectionOwner {
  readonly #options: RegistryOptions
  readonly #connections = new Set<EngineConnection>()
  readonly #admission: Admission
  readonly #timeouts: ConnectionTimeouts
  readonly #empty = Promise.withResolvers<void>()
  #isStopping = false
  #opened = 0

  constructor(options: RegistryOptions) {
    const { engine, limiter, budget, counters, log, protocol } = options
    this.#options = options
    this.#admission = new Admission({
      engine,
      limiter,
      budget,
      counters,
      log,
      rejectionMessage: (reason) => protocol.rejectionMessage?.(reason),
      onRejectedClosed: () => {
        options.onRejectedClosed?.()
        this.#settle()
      },
    })
    const events = {
      onExpired: this.#expire.bind(this),
      onDrained: (connection: EngineConnection) => connection.lingeringClose(DRAIN_LINGER_MILLIS),
    }
    this.#timeouts = new ConnectionTimeouts(
      options.timeouts,
      this.#connections,
      events,
      options.log,
    )
  }

  get connections(): ReadonlySet<EngineConnection> {
    return this.#connections
  }

  /** How many there have been. */
  get opened(): number {
    return this.#opened
  }

  /** Fulfilled when it was stopped and no connection is left. */
  get empty(): Promise<void> {
    return this.#empty.promise
  }

  accept(accepted: AcceptedConnection): void {
    if (this.#admission.admit(accepted)) this.#open(accepted)
  }

  /** No connection is accepted any more; those that there are may finish. */
  stop(): void {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#admission.stop()
    this.#timeouts.stopping()
    const { protocol } = this.#options
    for (const connection of this.#connections)
      if (connection.isWritable) protocol.onStopping?.(connection)
    this.#settle()
  }

  destroyAll(): void {
    this.#admission.destroyAll()
    for (const connection of this.#connections) connection.destroy()
  }

  get counters(): TcpCounters {
    return this.#options.counters
  }

  onClosed(connection: EngineConnection, error: Error | undefined): void {
    this.#connections.delete(connection)
    const { counters, onClosed } = this.#options
    this.#admission.release(connection.address)
    const seconds = Math.round(performance.now() - connection.since) / 1_000
    counters.closed(seconds)
    if (error !== undefined) counters.failed(error)
    this.#logClosed(connection, seconds)
    this.#timeouts.closed(connection)
    onClosed?.(connection)
    this.#settle()
  }

  #open(accepted: AcceptedConnection): void {
    const { engine, protocol, counters, log, logConnections, nextId } = this.#options
    const connection = engine.open(accepted, nextId(), this)
    this.#opened += 1
    this.#connections.add(connection)
    counters.opened()
    this.#timeouts.opened(connection)
    const { id, address, port } = connection
    if (logConnections) log.info({ id, address, port }, 'connected')
    const handler = protocol.onConnection(connection)
    if (handler !== undefined) connection.start(handler)
  }

  #expire(connection: EngineConnection, reason: ExpiryReason): void {
    const { counters, log, protocol } = this.#options
    const { id, address } = connection
    counters.expired(reason)
    log.info({ id, address, reason }, 'expired')
    if (reason === 'vanished') return connection.destroy()
    const message = protocol.expiryMessage?.(connection, reason)
    if (message !== undefined) connection.write(message)
    connection.lingeringClose()
  }

  #logClosed(connection: EngineConnection, seconds: number): void {
    const { log, logConnections } = this.#options
    if (!logConnections) return
    const { id, address, port, bytesReceived: receivedBytes, bytesSent: sentBytes } = connection
    log.info({ id, address, port, receivedBytes, sentBytes, seconds }, 'disconnected')
  }

  #settle(): void {
    if (this.#isStopping && this.#connections.size === 0 && this.#admission.isIdle)
      this.#empty.resolve()
  }
}
