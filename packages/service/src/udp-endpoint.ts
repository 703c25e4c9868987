import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import { isSystemError } from './errors.ts'
import { readKernelDrops } from './kernel-drops.ts'
import { listenAnywhere } from './listen.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import { unmapped } from './source-address.ts'
import { exportUdpMetrics, type UdpTally } from './udp-metrics.ts'

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
  /** @throws {Error} before `start` and after `stop` */
  address(): AddressInfo
  /** Datagrams the kernel dropped for want of buffer so far. */
  kernelDrops(): Promise<number>
}

const DRAIN_PERIOD_MILLIS = 5

/** A UDP socket that holds what docs/limits asks: bounded queue, large buffer, nothing lost unseen. */
export function createUdpEndpoint(options: UdpEndpointOptions): UdpEndpoint {
  const { log, maximumQueue = 1_000, receiveBufferBytes = 4 * 1024 * 1024 } = options
  let socket: Socket | undefined
  let lastDrops = 0
  const tally: UdpTally = {
    received: 0,
    receivedBytes: 0,
    sent: 0,
    sentBytes: 0,
    unsent: new Map(),
    kernelDrops: async () => {
      const bound = socket?.address()
      if (bound !== undefined)
        lastDrops = (await readKernelDrops(bound.address, bound.port)) ?? lastDrops
      return lastDrops
    },
  }
  exportUdpMetrics(options.metrics, tally)

  const unsent = (reason: string): false => {
    tally.unsent.set(reason, (tally.unsent.get(reason) ?? 0) + 1)
    return false
  }
  // Without a callback a failed send is seen by nobody.
  const sent = (error: Error | null, bytes: number): void => {
    if (error === null) {
      tally.sent += 1
      tally.sentBytes += bytes
    } else {
      unsent(isSystemError(error) ? error.code : 'OTHER')
    }
    options.onSent?.(error ?? undefined)
  }
  const receive = (bytes: Buffer, from: RemoteInfo): void => {
    tally.received += 1
    tally.receivedBytes += bytes.length
    options.onDatagram(bytes, { address: unmapped(from.address), port: from.port })
  }

  const bind = async (host: string, ipv6Only: boolean): Promise<AddressInfo> => {
    const opened = openSocket(host, ipv6Only, options.reuseAddress ?? false)
    await bindSocket(opened, options.port, host)
    opened.on('error', (error) => log.warn({ error: error.message }, 'udp failed'))
    enlargeReceiveBuffer(opened, receiveBufferBytes, log)
    options.configure?.(opened)
    opened.on('message', receive)
    socket = opened
    return opened.address()
  }

  const start = async (): Promise<AddressInfo> => {
    const { address, port, family } = await listenAnywhere(options, bind)
    log.info({ transport: 'udp', address, port }, 'listening')
    return { address, port, family }
  }

  const send = (bytes: Uint8Array, port: number, address: string): boolean => {
    if (socket === undefined) return unsent('closed')
    if (port === 0) return unsent('port-zero')
    if (socket.getSendQueueCount() >= maximumQueue) return unsent('queue-full')
    socket.send(bytes, port, address, sent)
    return true
  }

  const stop = async (drained = AbortSignal.abort()): Promise<void> => {
    const closing = socket
    if (closing === undefined) return
    closing.off('message', receive)
    while (!drained.aborted && closing.getSendQueueCount() > 0)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_PERIOD_MILLIS))
    await tally.kernelDrops()
    socket = undefined
    await new Promise<void>((resolve) => closing.close(() => resolve()))
  }

  const address = (): AddressInfo => {
    if (socket === undefined) throw new Error('the endpoint is not started')
    return socket.address()
  }

  return { start, stop, send, address, kernelDrops: () => tally.kernelDrops() }
}

/** A socket that sends to numeric addresses only: its lookup hands back what it was given. */
function openSocket(host: string, ipv6Only: boolean, reuseAddr: boolean): Socket {
  const type = host.includes(':') ? 'udp6' : 'udp4'
  return createSocket({
    type,
    ipv6Only,
    reuseAddr,
    lookup: (address, _options, callback) => {
      const mapped = type === 'udp6' && !address.includes(':') ? `::ffff:${address}` : address
      callback(null, mapped, type === 'udp6' ? 6 : 4)
    },
  })
}

function bindSocket(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', failed)
    socket.bind({ port, address }, () => {
      socket.off('error', failed)
      resolve()
    })
  })
}
