import type { RemoteInfo, Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import { EndpointTally } from './endpoint-tally.ts'
import type { InheritedSockets } from './inherited-sockets.ts'
import { listenAnywhere } from './listen.ts'
import { showOptionsOf } from './listening-sockets.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import { unmapped } from './source-address.ts'
import { exportUdpMetrics } from './udp-metrics.ts'
import { UdpSender } from './udp-sender.ts'
import { adoptUdpSocket, bindUdpSocket } from './udp-socket.ts'

/** Where a datagram came from. */
export interface DatagramSource {
  /** An IPv4-mapped address is shown as IPv4; a link-local one has its zone id, as in `fe80::1%eth0`. */
  readonly address: string
  /** 0 to 65,535: 0 cannot be answered. */
  readonly port: number
}

export interface UdpEndpointOptions {
  /** 0 picks a free one. */
  port: number
  /** An address, or a name of this host. Without it every address: IPv6 and IPv4 at once, or of `family` only. */
  host?: string | undefined
  family?: 4 | 6 | undefined
  /** Those of the service's context: a UDP socket among them is used instead of a port. */
  inherited?: InheritedSockets
  /** Share the port with other receivers of a multicast or broadcast; with unicast the second takes all. */
  reuseAddress?: boolean
  /** 4 MiB by default; the kernel gives at most net.core.rmem_max (a smaller one is logged). */
  receiveBufferBytes?: number
  /** Datagrams that may wait to be sent: 1,000 by default; more are dropped and counted. */
  maximumQueue?: number
  log: Logger
  metrics: Registry
  onDatagram(bytes: Buffer, source: DatagramSource): void
  /** Sets options of the bound socket: TTL, outgoing interface, broadcast. */
  configure?(socket: Socket): void
  /**
   * The kernel has taken a datagram that `send` accepted, or refused it with this error. Called in the order of
   * `send`.
   */
  onSent?(refusal: Error | undefined): void
}

export interface UdpEndpoint {
  /**
   * Binds and logs "listening" with transport, address and port.
   *
   * @throws {AddressInUseError} when the port is taken
   * @throws {NetworkError} when it cannot be bound for another reason
   */
  start(): Promise<AddressInfo>
  /** Sends what waits, as long as `drained` is not aborted, and closes. */
  stop(drained?: AbortSignal): Promise<void>
  /**
   * Sends one datagram; never throws, never looks a name up.
   *
   * @param bytes at most 65,507 (IPv4) or 65,527 (IPv6); not to be changed afterwards
   * @param port 0 cannot be sent to: false
   * @param address numeric; an IPv4 address goes out of a dual-stack socket as well
   * @returns false when it was dropped and counted: port 0, not started, or over `maximumQueue` waiting.
   *   What the kernel refuses later (ENETUNREACH, EMSGSIZE, EPERM) is counted too.
   */
  send(bytes: Uint8Array, port: number, address: string): boolean
  /**
   * As `send`, for a datagram that holds the time of its own sending: `make` is called when all is ready, and what
   * it gives is sent with the very next system call (where koffi is absent, by node:dgram).
   */
  sendMadeNow(make: () => Uint8Array, port: number, address: string): boolean
  /** @throws {Error} before `start` and after `stop` */
  address(): AddressInfo
  /** Datagrams the kernel dropped for want of buffer so far. */
  kernelDrops(): Promise<number>
}

/** A UDP socket that holds what docs/limits asks: bounded queue, large buffer, nothing lost unseen. */
export function createUdpEndpoint(options: UdpEndpointOptions): UdpEndpoint {
  return new Endpoint(options)
}

/** What it offers are fields, not methods: an app may spread it into an endpoint of its own. */
class Endpoint implements UdpEndpoint {
  readonly #options: UdpEndpointOptions
  readonly #tally = new EndpointTally(() => this.#socket?.address())
  readonly #sender: UdpSender
  #socket: Socket | undefined

  constructor(options: UdpEndpointOptions) {
    this.#options = options
    const { maximumQueue = 1_000 } = options
    this.#sender = new UdpSender(maximumQueue, this.#tally, (refusal) => options.onSent?.(refusal))
    exportUdpMetrics(options.metrics, this.#tally)
  }

  readonly start = async (): Promise<AddressInfo> => {
    const { inherited } = this.#options
    const isPassed = inherited !== undefined && !inherited.isEmpty
    const bound = isPassed ? this.#adopt(inherited) : listenAnywhere(this.#options, this.#bind)
    const { address, port, family } = await bound
    this.#options.log.info({ transport: 'udp', address, port }, 'listening')
    return { address, port, family }
  }

  readonly send = (bytes: Uint8Array, port: number, address: string): boolean =>
    this.#sender.send(this.#socket, bytes, port, address)

  readonly sendMadeNow = (make: () => Uint8Array, port: number, address: string): boolean =>
    this.#sender.sendMadeNow(this.#socket, make, port, address)

  readonly stop = async (drained = AbortSignal.abort()): Promise<void> => {
    const closing = this.#socket
    if (closing === undefined) return
    await this.#tally.kernelDrops()
    // What comes after this is for whoever has the same socket next.
    closing.off('message', this.#receive)
    await this.#sender.drain(closing, drained)
    this.#socket = undefined
    await new Promise<void>((resolve) => closing.close(() => resolve()))
  }

  readonly address = (): AddressInfo => {
    if (this.#socket === undefined) throw new Error('the endpoint is not started')
    return this.#socket.address()
  }

  readonly kernelDrops = (): Promise<number> => this.#tally.kernelDrops()

  readonly #bind = async (host: string, ipv6Only: boolean): Promise<AddressInfo> => {
    const { port, reuseAddress = false } = this.#options
    return this.#prepare(await bindUdpSocket({ host, port, ipv6Only, reuseAddress }))
  }

  async #adopt(inherited: InheritedSockets): Promise<AddressInfo> {
    const { descriptor, family } = inherited.take('datagram')
    const socket = await adoptUdpSocket(descriptor.release(), family)
    socket.on('message', () => inherited.work.touch())
    return this.#prepare(socket)
  }

  #prepare(socket: Socket): AddressInfo {
    const { log, receiveBufferBytes = 4 * 1024 * 1024 } = this.#options
    socket.on('error', (error) => log.warn({ error: error.message }, 'udp failed'))
    enlargeReceiveBuffer(socket, receiveBufferBytes, log)
    this.#options.configure?.(socket)
    socket.on('message', this.#receive)
    this.#socket = socket
    const bound = socket.address()
    showOptionsOf(this.#options.metrics, { transport: 'udp', ...bound, target: socket })
    return bound
  }

  readonly #receive = (bytes: Buffer, from: RemoteInfo): void => {
    this.#tally.countReceived(bytes.length)
    this.#options.onDatagram(bytes, { address: unmapped(from.address), port: from.port })
  }
}
