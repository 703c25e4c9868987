import type { AddressInfo } from 'node:net'

import { AccessList } from '../access/access-list.ts'
import { ConnectionLimiter } from '../access/connection-limiter.ts'
import { descriptorBudget, warnOfFewDescriptors } from '../access/descriptor-budget.ts'
import { listenDualStack } from '../address/listen.ts'
import type { Engine } from '../engine/choose-engine.ts'
import { limitLog, type LimitedLog, type LogTarget } from '../log/limited-log.ts'
import { Admission, MAXIMUM_REJECTED } from '../tcp/admission.ts'
import {
  type AcceptedConnection,
  closeAccepted,
  type ListenerEvents,
  type TcpEngine,
} from '../tcp/engine.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import type { ListeningSocket } from '../tcp/tcp-server.ts'
import type { ProtocolModule, WorkerSettings } from './worker-messages.ts'

/** A server whose connections are served by other processes or threads. */
export interface WorkerServerOptions {
  /** 0 picks a free one. */
  port: number
  host?: string | undefined
  family?: 4 | 6 | undefined
  protocol: ProtocolModule
  /** Processes or threads; `spawn` has as many as connections instead. */
  workers: number
  maxConnections: number
  maxConnectionsPerAddress: number
  allow: readonly string[]
  deny: readonly string[]
  idleMillis: number
  drainIdleMillis: number
  /** 135,000 by default. */
  deadPeerMillis?: number
  log: LogTarget
  logConnections: boolean
  /** What the message "listening" says beside transport, address, port and engine. */
  listeningFields?: object
  /** @returns called before the socket is closed */
  onListening?: (socket: ListeningSocket) => () => void
  /** A thread has ended by an error: the server cannot go on. */
  onFailure?: (error: Error) => void
}

/** What every server of workers is to the service that has it. */
export interface WorkerServer {
  /** Of the parent, then of each worker. */
  readonly counters: readonly TcpCounters[]
  /** Those of the workers alone, where their number is fixed. */
  readonly workerCounters: readonly TcpCounters[]
  /** Worker processes that ended unexpectedly. */
  readonly deaths: number
  /**
   * Listens, and starts the workers.
   *
   * @throws {NetworkError} AddressInUseError when the port is taken, or EACCES
   */
  start(): Promise<AddressInfo>
  /** Accepts no more, waits until all connections are closed or `drained` aborts, ends the rest. */
  stop(drained: AbortSignal): Promise<void>
}

const LINES_PER_SECOND = 10
const DEAD_PEER_MILLIS = 135_000

/** Commands to the workers; the limits of a log hold over all of them. */
export function workerSettings(options: WorkerServerOptions, workers: number): WorkerSettings {
  const { protocol, idleMillis, drainIdleMillis, logConnections, log } = options
  return {
    protocol,
    idleMillis,
    drainIdleMillis,
    deadPeerMillis: options.deadPeerMillis ?? DEAD_PEER_MILLIS,
    logConnections,
    isInfoLogged: log.isLevelEnabled('info'),
    linesPerSecond: Math.max(1, Math.floor(LINES_PER_SECOND / workers)),
  }
}

/** As recv(2) would say it. */
class PeerResetError extends Error {
  override readonly name = 'PeerResetError'
  readonly code = 'ECONNRESET'
}

/** The process that accepts connections which its children serve: the limits hold over all of them. */
export class Parent {
  /** Of rejected connections; the children count the others. */
  readonly counters = new TcpCounters()
  readonly log: LimitedLog
  readonly #options: WorkerServerOptions
  readonly #engineName: Engine
  readonly #addresses: AccessList
  readonly #hideSockets: (() => void)[] = []
  #engine: TcpEngine | undefined
  #limiter: ConnectionLimiter | undefined
  #admission: Admission | undefined

  constructor(options: WorkerServerOptions, engine: Engine) {
    this.#options = options
    this.#engineName = engine
    this.#addresses = new AccessList(options)
    this.log = limitLog(options.log)
  }

  /** Listens; `onAccept` gets connections that count until `release`. */
  async start(onAccept: (accepted: AcceptedConnection) => void): Promise<AddressInfo> {
    const engine = await loadEngine(this.#engineName)
    this.#engine = engine
    const { port, maxConnections, listeningFields, onListening, log } = this.#options
    const events = this.#listenerEvents(onAccept)
    const { bound, target } = await listenDualStack(this.#options, (host, ipv6Only) =>
      engine.listen({ host, port, ipv6Only }, events, maxConnections + MAXIMUM_REJECTED),
    )
    const at = { transport: 'tcp', address: bound.address, port: bound.port } as const
    const hide = onListening?.({ ...at, target })
    if (hide !== undefined) this.#hideSockets.push(hide)
    this.#limit(engine)
    log.info({ ...at, ...listeningFields, engine: this.#engineName }, 'listening')
    return bound
  }

  /** When all is open that stays open. */
  #limit(engine: TcpEngine): void {
    const { maxConnections, maxConnectionsPerAddress: perAddress } = this.#options
    const { counters, log } = this
    warnOfFewDescriptors(log, maxConnections)
    // A worker has no more descriptors than this process.
    const total = Math.max(1, Math.min(maxConnections, descriptorBudget().connections))
    const limiter = new ConnectionLimiter({ total, perAddress, addresses: this.#addresses })
    const limits = { limiter, budget: descriptorBudget }
    this.#limiter = limiter
    this.#admission = new Admission({ engine, ...limits, counters, log })
  }

  #listenerEvents(onAccept: (accepted: AcceptedConnection) => void): ListenerEvents {
    return {
      onAccept: (accepted) => {
        if (this.#admission?.admit(accepted) === true) onAccept(accepted)
      },
      onAcceptFailed: (error) => this.log.warn({ error }, 'accept failed'),
      onDropped: () => this.counters.rejected('dropped'),
    }
  }

  release(address: string): void {
    this.#limiter?.release(address)
  }

  /** Closes an accepted connection whose peer has reset it before a worker was started. */
  closeReset(accepted: AcceptedConnection): void {
    this.release(accepted.address)
    this.counters.failed(new PeerResetError())
    closeAccepted(accepted)
  }

  /** Closes an accepted connection that no worker takes. */
  drop(accepted: AcceptedConnection): void {
    this.release(accepted.address)
    this.counters.rejected('dropped')
    this.log.warn({ address: accepted.address }, 'no worker takes the connection')
    this.#admission?.close(accepted, 'too-many')
  }

  /** Accepts no more. */
  stop(): void {
    for (const hide of this.#hideSockets.splice(0)) hide()
    this.#engine?.closeListeners()
    this.#admission?.destroyAll()
  }

  /** When the children are gone. */
  close(): void {
    this.#engine?.close()
  }
}

async function loadEngine(engine: Engine): Promise<TcpEngine> {
  if (engine === 'native') return new (await import('../tcp/epoll-engine.ts')).EpollEngine()
  return new (await import('../tcp/node-engine.ts')).NodeEngine()
}
