import type { AddressInfo, Server } from 'node:net'

import type { NativeSocket } from '@sockyard/posix/socket'

import type { AccessList } from '../access/access-list.ts'
import { ConnectionLimiter } from '../access/connection-limiter.ts'
import { descriptorBudget, warnOfFewDescriptors } from '../access/descriptor-budget.ts'
import type { PeerCounter } from '../access/peer-counter.ts'
import type { ActivationSockets } from '../activation/activation-sockets.ts'
import { listenDualStack } from '../address/listen.ts'
import type { Engine } from '../engine/choose-engine.ts'
import { limitLog, type LimitedLog, type LogTarget } from '../log/limited-log.ts'
import type { TrafficReport } from '../peers/peer-traffic.ts'
import { MAXIMUM_REJECTED } from './admission.ts'
import { ConnectionRegistry } from './connection-registry.ts'
import type { TimeoutOptions } from './connection-timeouts.ts'
import type { AcceptedConnection, Listening, ListenerEvents, TcpEngine } from './engine.ts'
import { type Proxies, ProxyHeaders } from './proxy-headers.ts'
import type { TcpConnection, TcpProtocol } from './tcp-connection.ts'
import { TcpCounters } from './tcp-counters.ts'
import { tcpTraffic } from './tcp-traffic.ts'

/** A socket that clients reach the service by, as GET /options shows it. */
export interface ListeningSocket {
  transport: 'tcp'
  address: string
  port: number
  target: Server | NativeSocket
}

/** Where it listens, what it admits, and what it does on each connection. */
export interface TcpServerOptions extends TcpProtocol {
  /** 0 picks a free one. */
  port: number
  /** An address, or a name of this host. Without it every address: IPv6 and IPv4 at once, or of `family` only. */
  host?: string | undefined
  family?: 4 | 6 | undefined
  /** Sockets that the process was started with: they are used instead of a port. */
  activation?: ActivationSockets | undefined
  /** `node` by default. */
  engine?: Engine
  /** In all, 2,000 by default, so far as the descriptors of the process last. */
  maxConnections?: number
  /** 32 by default. An IPv6 /64 counts as one address. */
  maxConnectionsPerAddress?: number
  /** Counts the connections: one for several servers whose limits hold together. By default its own. */
  peers?: PeerCounter
  addresses?: AccessList
  /** Their connections count as those of the clients that they tell, in all of the above. */
  proxies?: Proxies | undefined
  /** Accepts no more while so many are open: they wait in the backlog (listen(2)). Engine `native` only. */
  maxConcurrent?: number | undefined
  /** Is `finished` after so many connections. */
  acceptCount?: number | undefined
  /** 300,000 by default; 0 is never. */
  idleMillis?: number
  /** 0 by default: never. */
  firstDataMillis?: number
  /** Asked once, after `firstDataMillis`; by default whether anything was received. */
  isSettled?: (connection: TcpConnection) => boolean
  /** A peer's kernel that was not heard for so long is gone: 135,000 by default, which is noticed within 150 s. */
  deadPeerMillis?: number
  /** After `stop` a connection on which nothing moved for so long is ended; 0, the default, is never. */
  drainIdleMillis?: number
  log: LogTarget
  /** Whether each connection is logged when it begins and ends. */
  logConnections?: boolean
  /** What the message "listening" says beside transport, address, port and engine. */
  listeningFields?: object
  /** @returns called before the socket is closed */
  onListening?: (socket: ListeningSocket) => () => void
}

const WAIT_IN_PROCESS = 'needs the engine native'

/** A TCP server: its listening sockets, and the rules about its connections, on either engine. */
export class TcpServer {
  readonly counters = new TcpCounters()
  readonly #options: TcpServerOptions
  readonly #log: LimitedLog
  readonly #finished = Promise.withResolvers<void>()
  readonly #hideSockets: (() => void)[] = []
  readonly #total: number
  #engine: TcpEngine | undefined
  #registry: ConnectionRegistry | undefined
  #proxyHeaders: ProxyHeaders | undefined
  #accepted = 0

  constructor(options: TcpServerOptions) {
    if (options.maxConcurrent !== undefined && options.engine !== 'native')
      throw new TypeError(`maxConcurrent ${WAIT_IN_PROCESS}`)
    this.#options = options
    this.#log = limitLog(options.log)
    this.#total = options.maxConnections ?? 2_000
  }

  /** Those that are open in this process. */
  get connections(): ReadonlySet<TcpConnection> {
    return this.#registry?.connections ?? new Set()
  }

  /** Its connections, as GET /peers of the admin endpoint tells them. */
  traffic(): TrafficReport {
    return tcpTraffic(this.connections, this.counters)
  }

  /** Fulfilled after `acceptCount` connections, when they are closed. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /**
   * Listens and logs "listening" with transport, address, port and engine.
   *
   * @returns where it is bound
   * @throws {AddressInUseError} when the port is taken
   * @throws {NetworkError} when it cannot be bound for another reason
   * @throws {ConfigurationError} when none of the activation sockets is a listening socket or a connection
   */
  async start(): Promise<AddressInfo> {
    const engine = await loadEngine(this.#options)
    this.#engine = engine
    this.#registry = this.#createRegistry(engine)
    this.#proxyHeaders = this.#createProxyHeaders(engine)
    const bound = await this.#listen(engine)
    warnOfFewDescriptors(this.#log, this.#total)
    const { log, activation, engine: name = 'node', listeningFields } = this.#options
    // A process that was started for one connection says as little as a connection does.
    const level = activation?.isTransient === true ? 'debug' : 'info'
    for (const { address, port } of bound)
      log[level]({ transport: 'tcp', address, port, ...listeningFields, engine: name }, 'listening')
    return bound[0]
  }

  /** Accepts no more, waits until all connections are closed or `drained` aborts, destroys the rest. */
  async stop(drained: AbortSignal): Promise<void> {
    for (const hide of this.#hideSockets.splice(0)) hide()
    this.#engine?.closeListeners()
    const registry = this.#registry
    if (registry === undefined) return
    this.#proxyHeaders?.stop()
    registry.stop()
    const destroyAll = (): void => registry.destroyAll()
    if (drained.aborted) destroyAll()
    drained.addEventListener('abort', destroyAll, { once: true })
    await registry.empty
    this.#engine?.close()
  }

  #createRegistry(engine: TcpEngine): ConnectionRegistry {
    const options = this.#options
    const { maxConnectionsPerAddress: perAddress = 32, addresses, peers } = options
    const limiter = new ConnectionLimiter({ total: this.#total, perAddress, addresses }, peers)
    return new ConnectionRegistry({
      engine,
      protocol: options,
      limiter,
      budget: descriptorBudget,
      counters: this.counters,
      timeouts: timeoutsOf(options),
      log: this.#log,
      logConnections: options.logConnections ?? false,
      nextId: () => (this.#accepted += 1),
      onClosed: () => this.#onClosed(),
      onRejectedClosed: () => options.activation?.work.end(),
    })
  }

  #createProxyHeaders(engine: TcpEngine): ProxyHeaders | undefined {
    const { proxies, activation } = this.#options
    if (proxies === undefined) return undefined
    return new ProxyHeaders({
      proxies,
      engine,
      budget: descriptorBudget,
      maximumWaiting: this.#total,
      counters: this.counters,
      log: this.#log,
      onHeader: (accepted) => this.#admit(accepted),
      onRejectedClosed: () => activation?.work.end(),
    })
  }

  async #listen(engine: TcpEngine): Promise<[AddressInfo, ...AddressInfo[]]> {
    const { activation } = this.#options
    if (activation !== undefined && !activation.isEmpty) return this.#adopt(engine, activation)
    const events = this.#listenerEvents()
    const maxOpen = this.#total + MAXIMUM_REJECTED
    const listening = await listenDualStack(this.#options, (host, ipv6Only) =>
      engine.listen({ host, port: this.#options.port, ipv6Only }, events, maxOpen),
    )
    return [this.#show(listening)]
  }

  /** Takes every listening socket that was passed, or the one connection. */
  async #adopt(
    engine: TcpEngine,
    activation: ActivationSockets,
  ): Promise<[AddressInfo, ...AddressInfo[]]> {
    const { kind, descriptor } = activation.take('listener', 'connection')
    const events = this.#listenerEvents()
    if (kind === 'connection') {
      const { bound, accepted } = engine.adoptConnection(descriptor.release())
      if (accepted === undefined) this.#gone(activation)
      else events.onAccept(accepted)
      return [bound]
    }
    const maxOpen = this.#total + MAXIMUM_REJECTED
    const bound = this.#show(await engine.adoptListener(descriptor.release(), events, maxOpen))
    return activation.has('listener')
      ? [bound, ...(await this.#adopt(engine, activation))]
      : [bound]
  }

  #gone({ remoteAddress: address, work }: ActivationSockets): void {
    this.#log.info({ address }, 'connection closed before it was served')
    work.begin()
    work.end()
  }

  #listenerEvents(): ListenerEvents {
    return {
      onAccept: (accepted) => this.#accept(accepted),
      onAcceptFailed: (error) => this.#log.warn({ error }, 'accept failed'),
      onDropped: () => this.counters.rejected('dropped'),
    }
  }

  #accept(accepted: AcceptedConnection): void {
    this.#options.activation?.work.begin()
    const headers = this.#proxyHeaders
    if (headers?.isExpected(accepted.address) === true) headers.read(accepted)
    else this.#admit(accepted)
  }

  #admit(accepted: AcceptedConnection): void {
    this.#registry?.accept(accepted)
    this.#holdWhenFull()
  }

  #holdWhenFull(): void {
    const { acceptCount, maxConcurrent } = this.#options
    if (this.#registry?.opened === acceptCount) this.#engine?.closeListeners()
    else if (maxConcurrent !== undefined && this.connections.size >= maxConcurrent)
      this.#engine?.holdAccepting()
  }

  #onClosed(): void {
    this.#options.activation?.work.end()
    const { acceptCount, maxConcurrent } = this.#options
    if (this.#registry?.opened === acceptCount) {
      if (this.connections.size === 0) this.#finished.resolve()
    } else if (maxConcurrent !== undefined) this.#engine?.resumeAccepting()
  }

  #show({ bound, target }: Listening): AddressInfo {
    const { address, port } = bound
    const hide = this.#options.onListening?.({ transport: 'tcp', address, port, target })
    if (hide !== undefined) this.#hideSockets.push(hide)
    return bound
  }
}

/** What the options say about time, with the usual values. */
function timeoutsOf(options: Partial<TimeoutOptions>): TimeoutOptions {
  return {
    idleMillis: options.idleMillis ?? 300_000,
    firstDataMillis: options.firstDataMillis ?? 0,
    isSettled: options.isSettled ?? (({ bytesReceived }) => bytesReceived > 0),
    deadPeerMillis: options.deadPeerMillis ?? 135_000,
    drainIdleMillis: options.drainIdleMillis ?? 0,
  }
}

/** What the other engine needs is not loaded. */
async function loadEngine(options: TcpServerOptions): Promise<TcpEngine> {
  const afterPoll = (): void => options.afterPoll?.()
  if (options.engine === 'native')
    return new (await import('./epoll-engine.ts')).EpollEngine(afterPoll)
  return new (await import('./node-engine.ts')).NodeEngine(
    options.afterPoll === undefined ? undefined : afterPoll,
  )
}
