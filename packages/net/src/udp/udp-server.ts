import type { AncillaryField } from '@sockyard/posix/datagram'
import type { SocketTarget } from '@sockyard/posix/socket'

import type { ActivationSockets } from '../activation/activation-sockets.ts'
import { chooseEngine, type Engine, type EngineChoice } from '../engine/choose-engine.ts'
import type { LogTarget } from '../log/limited-log.ts'
import type { TrafficReport } from '../peers/peer-traffic.ts'
import { PeerTable } from './peer-table.ts'
import { UdpCounters } from './udp-counters.ts'
import type { OnDatagrams, OpenSockets, UdpSettings, UdpSocket } from './udp-socket.ts'
import type { UdpWorkers } from './udp-threads.ts'
import { udpPeers, udpTotal } from './udp-traffic.ts'

const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
const MAXIMUM_QUEUE = 1_000

/** Where it listens, and what takes the datagrams. */
export interface UdpServerOptions {
  /** 0 picks a free one. */
  port: number
  /** An address, or a name of this host. Without it every address: IPv6 and IPv4 at once, or of `family` only. */
  host?: string | undefined
  family?: 4 | 6 | undefined
  /** @default 'auto' */
  engine?: 'auto' | Engine
  /** Those that the process was started with: a UDP socket among them is used instead of a port. */
  activation?: ActivationSockets
  /** The kernel gives at most net.core.rmem_max (a smaller one is logged). @default 4 MiB */
  receiveBufferBytes?: number
  /** Of the engine node: datagrams that may wait to be sent; more are dropped and counted. @default 1000 */
  maximumQueue?: number
  /** Of the engine native: what is longer is truncated. @default 65535 */
  maximumDatagramBytes?: number
  /** Ancillary data of each datagram besides its destination, where the engine is native. */
  ancillary?: readonly AncillaryField[]
  /** Of the engine native: threads instead of this one's event loop; `onDatagrams` is then theirs. */
  workers?: UdpWorkers
  log: LogTarget
  onDatagrams?: OnDatagrams
}

/**
 * A UDP service's sockets: large receive buffers, answers from the address that was asked, nothing queued without
 * bound, nothing lost uncounted.
 */
export class UdpServer {
  /** What moves the datagrams, and why. */
  readonly choice: EngineChoice
  /** One for each thread. */
  readonly counters: readonly [UdpCounters, ...UdpCounters[]]
  readonly #options: UdpServerOptions
  readonly #peers = new PeerTable()
  #open: OpenSockets | undefined

  /** @throws {ConfigurationError} when the engine that is asked for cannot run here */
  constructor(options: UdpServerOptions) {
    const { workers } = options
    this.#options = options
    this.choice = engineFor(options)
    const others = Array.from({ length: (workers?.count ?? 1) - 1 }, () => new UdpCounters())
    this.counters = [new UdpCounters(() => this.#open?.kernelDrops() ?? 0), ...others]
  }

  /**
   * Binds, and logs "listening" with transport, address, port and engine.
   *
   * @throws {AddressInUseError} when the port is taken
   * @throws {NetworkError} when it cannot be bound for another reason
   */
  async start(): Promise<{ address: string; port: number }> {
    const open = await this.#openSockets(this.#settings())
    this.#open = open
    const { address, port } = open
    const { engine } = this.choice
    this.#options.log.info({ transport: 'udp', address, port, engine }, 'listening')
    return { address, port }
  }

  /** Receives no more, sends what waits as long as `drained` is not aborted, and closes. */
  async stop(drained = AbortSignal.abort()): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    await this.counters[0].kernelDrops()
    this.#open = undefined
    await open.stop(drained)
  }

  /** Those that are open now: one, or with the engine node one for each address of this host. */
  get sockets(): readonly UdpSocket[] {
    return [...(this.#open?.sockets ?? [])]
  }

  /** The same, as GET /options of the admin endpoint lists them. */
  listening(): { transport: 'udp'; address: string; port: number; target: SocketTarget }[] {
    return this.sockets.map(({ local, target }) => ({ transport: 'udp', ...local, target }))
  }

  /** Its peers, as GET /peers of the admin endpoint tells them; those of its threads only in the sum. */
  traffic(): TrafficReport {
    const local = this.#open ?? { address: '', port: 0 }
    const peers = udpPeers(this.#peers, local)
    return { peers, total: udpTotal(this.counters), memberships: [] }
  }

  #settings(): UdpSettings {
    const { port, host, family, log, activation, ancillary = [] } = this.#options
    const { receiveBufferBytes = RECEIVE_BUFFER_BYTES, maximumQueue = MAXIMUM_QUEUE } =
      this.#options
    const isPassed = activation !== undefined && !activation.isEmpty
    const passed = isPassed ? activation.take('datagram') : undefined
    const { onDatagrams = () => {}, maximumDatagramBytes } = this.#options
    return {
      port,
      host,
      family,
      log,
      ancillary,
      passed,
      receiveBufferBytes,
      maximumQueue,
      maximumDatagramBytes,
      counters: this.counters[0],
      peers: this.#peers,
      onDatagrams: isPassed ? touching(activation, onDatagrams) : onDatagrams,
    }
  }

  async #openSockets(settings: UdpSettings): Promise<OpenSockets> {
    const { workers } = this.#options
    if (this.choice.engine === 'node')
      return (await import('./node-sockets.ts')).openNodeSockets(settings)
    if (workers === undefined)
      return (await import('./native-sockets.ts')).openNativeSockets(settings)
    const { openThreadedSockets } = await import('./udp-threads.ts')
    return openThreadedSockets(settings, workers, this.counters)
  }
}

/** node:dgram answers with sendto(2) and an address, which libuv refuses on a socket that has a peer (EISCONN). */
function engineFor({ engine = 'auto', activation }: UdpServerOptions): EngineChoice {
  if (activation?.isConnected('datagram') !== true) return chooseEngine(engine)
  return { ...chooseEngine('native'), why: 'the socket that was passed is connected' }
}

/** A process that was started for the datagrams of one socket stays as long as some come. */
function touching(activation: ActivationSockets, onDatagrams: OnDatagrams): OnDatagrams {
  return (datagrams, socket) => {
    activation.work.touch()
    onDatagrams(datagrams, socket)
  }
}
