import { type BindOptions, createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'

import { sendTimestamped } from '@sockyard/posix/datagram'
import { nativeCallsWork, SystemCallError } from '@sockyard/posix/ffi'
import { MSG } from '@sockyard/posix/socket'

import { AddressRecord, sourceAddress } from '../address/address-words.ts'
import { internetAddress, withZoneName } from '../address/addresses.ts'
import { isSystemError } from '../errors/errors.ts'
import { isWildcard } from './address-sockets.ts'
import type { Datagrams, Destination } from './datagrams.ts'
import { type PeerTable, sized } from './peer-table.ts'
import { SpareSockets } from './spare-sockets.ts'
import type { UdpCounters } from './udp-counters.ts'
import type { OnDatagrams, UdpSocket } from './udp-socket.ts'

const DRAIN_PERIOD_MILLIS = 5
/** For so long after something had to wait, nothing else is queued. */
const PRESSED_MILLIS = 10_000

/** What a `NodeUdpSocket` counts and whom it calls. */
export interface NodeUdpSocketOptions {
  counters: UdpCounters
  /** Where its peers are counted. */
  peers?: PeerTable
  onDatagrams: OnDatagrams
  /** Datagrams that may wait to be sent; more are dropped and counted. */
  maximumQueue: number
}

/**
 * A UDP socket over node:dgram, where each datagram is a batch of its own. Bound to the wildcard address it does not
 * learn which address was asked: then answers leave from the one that the routes choose.
 */
export class NodeUdpSocket implements UdpSocket {
  readonly target: Socket
  readonly local: { address: string; port: number }
  readonly #counters: UdpCounters
  readonly #peers: PeerTable | undefined
  readonly #onDatagrams: OnDatagrams
  readonly #maximumQueue: number
  readonly #datagram: NodeDatagram
  /** Where native calls work; node:dgram itself can only queue what there is no room for. */
  readonly #spares: SpareSockets | undefined
  #pressedUntil = 0
  #isOpen = true

  /** @param socket bound; this closes it */
  constructor(socket: Socket, options: NodeUdpSocketOptions) {
    const { counters, peers, onDatagrams, maximumQueue } = options
    const { address, port } = socket.address()
    this.target = socket
    this.local = { address, port }
    this.#counters = counters
    this.#peers = peers
    this.#onDatagrams = onDatagrams
    this.#maximumQueue = maximumQueue
    if (nativeCallsWork()) this.#spares = new SpareSockets(socket, internetAddress(address, port))
    this.#datagram = new NodeDatagram(isWildcard(address) ? undefined : address)
    socket.on('message', this.#receive)
  }

  echo(datagrams: Datagrams, index: number): void {
    this.reply(datagrams, index, datagrams.bytes(index))
  }

  reply(datagrams: Datagrams, index: number, answer: Uint8Array | (() => Uint8Array)): void {
    const address =
      datagrams === this.#datagram ? this.#datagram.from : sourceAddress(datagrams, index)
    this.send(answer, { address: address ?? '', port: datagrams.sourcePort(index) })
  }

  /** `to.source` is this socket's address: it is bound to one. */
  send(
    answer: Uint8Array | (() => Uint8Array),
    { address, port }: Destination,
  ): string | undefined {
    const hindrance = this.#hindrance(port)
    if (hindrance !== undefined) {
      this.#counters.countUnsent(hindrance)
      return hindrance
    }
    const to = address.includes('%') ? withZoneName(address) : address
    const counted = sized(answer, (size) => this.#peers?.sent(address, port, size))
    if (this.#spares !== undefined && this.#isPressed())
      return this.#sendAtOnce(this.#spares, counted, { address: to, port })
    this.target.send(typeof counted === 'function' ? counted() : counted, port, to, this.#sent)
    return undefined
  }

  /** Whether something waits for room, or did of late. */
  #isPressed(): boolean {
    if (this.target.getSendQueueCount() > 0) this.#pressedUntil = performance.now() + PRESSED_MILLIS
    return this.#pressedUntil > 0 && performance.now() < this.#pressedUntil
  }

  /** Sends past the queue; what there is no room for is dropped, alone. */
  #sendAtOnce(
    spares: SpareSockets,
    answer: Uint8Array | (() => Uint8Array),
    to: { address: string; port: number },
  ): string | undefined {
    const make = typeof answer === 'function' ? answer : () => answer
    try {
      const { bytes, isSent } = sendTimestamped(this.target, make, to)
      if (!isSent && !sendBySpare(spares, bytes, this.local.address, to)) return this.#full()
      this.#counters.countSent(1, bytes.byteLength)
      return undefined
    } catch (error) {
      const reason = unsentReason(error)
      this.#counters.countUnsent(reason)
      return reason
    }
  }

  #full(): string {
    this.#pressedUntil = performance.now() + PRESSED_MILLIS
    this.#counters.countUnsent('queue-full')
    return 'queue-full'
  }

  /** Receives no more, sends what waits as long as `drained` is not aborted, and closes. */
  async close(drained: AbortSignal): Promise<void> {
    // What comes after this is for the next owner of the socket.
    this.target.off('message', this.#receive)
    while (!drained.aborted && this.target.getSendQueueCount() > 0) await delay(DRAIN_PERIOD_MILLIS)
    this.#isOpen = false
    this.#spares?.close()
    await new Promise<void>((resolve) => this.target.close(() => resolve()))
  }

  #hindrance(port: number): string | undefined {
    if (!this.#isOpen) return 'closed'
    if (port === 0) return 'port-zero'
    return this.target.getSendQueueCount() >= this.#maximumQueue ? 'queue-full' : undefined
  }

  readonly #receive = (bytes: Buffer, from: RemoteInfo): void => {
    this.#counters.countReceived(1, bytes.length)
    this.#datagram.set(bytes, from)
    this.#peers?.received(this.#datagram)
    this.#onDatagrams(this.#datagram, this)
  }

  /** Without a callback a failed send is not seen; one callback serves all sends. */
  readonly #sent = (error: Error | null, bytes: number): void => {
    if (error === null) this.#counters.countSent(1, bytes)
    else this.#counters.countUnsent(isSystemError(error) ? error.code : 'OTHER')
  }
}

/** @throws {unknown} what is no failure to send */
function unsentReason(error: unknown): string {
  if (error instanceof SystemCallError) return error.code
  // The address is not numeric.
  if (error instanceof RangeError) return 'EINVAL'
  throw error
}

/** @param local where the sockets are bound: to one of IPv6 an IPv4 address is mapped */
function sendBySpare(
  spares: SpareSockets,
  bytes: Uint8Array,
  local: string,
  { address, port }: { address: string; port: number },
): boolean {
  const isMapped = local.includes(':') && !address.includes(':')
  const to = internetAddress(isMapped ? `::ffff:${address}` : address, port)
  for (let attempt = 0; ; attempt += 1) {
    const socket = spares.next(attempt)
    if (socket === undefined) return false
    if (socket.sendTo(bytes, to, MSG.DONTWAIT) !== undefined) return true
  }
}

/** The one datagram of a `message` event. What node:dgram does not report is unknown. */
class NodeDatagram extends AddressRecord implements Datagrams {
  readonly count = 1
  #bytes: Buffer = Buffer.alloc(0)
  /** As node:dgram gives it. */
  from = ''

  constructor(destination: string | undefined) {
    super()
    this.setDestination(destination)
  }

  set(bytes: Buffer, { address, port }: RemoteInfo): void {
    this.#bytes = bytes
    this.from = address
    this.setSource(address, port)
  }

  bytes(_index: number): Buffer {
    return this.#bytes
  }

  length(_index: number): number {
    return this.#bytes.length
  }

  truncated(_index: number): boolean {
    return false
  }

  interfaceIndex(_index: number): number {
    return 0
  }

  hopLimit(_index: number): number {
    return -1
  }

  trafficClass(_index: number): number {
    return -1
  }

  timestampNanos(_index: number): bigint {
    return 0n
  }

  kernelDrops(_index: number): number {
    return 0
  }
}

/**
 * Binds a socket that sends to numeric addresses only: its lookup hands back what it was given.
 *
 * @param at.address numeric; an IPv6 address gives a dual-stack socket unless `ipv6Only`
 * @throws {Error} Node's own, when it cannot be bound
 */
export async function bindNodeSocket(at: {
  address: string
  port: number
  ipv6Only: boolean
  reuseAddress?: boolean
}): Promise<Socket> {
  const { address, port, ipv6Only, reuseAddress = false } = at
  const socket = openSocket(address.includes(':'), ipv6Only, reuseAddress)
  await bind(socket, { port, address, exclusive: true })
  return socket
}

/**
 * Takes over a socket that is bound already.
 *
 * @param descriptor more than 2: Node ignores the standard streams here
 */
export async function adoptNodeSocket(
  descriptor: number,
  family: 'IPv4' | 'IPv6',
): Promise<Socket> {
  const socket = openSocket(family === 'IPv6', false, false)
  await bind(socket, { fd: descriptor })
  return socket
}

function openSocket(ipv6: boolean, ipv6Only: boolean, reuseAddr: boolean): Socket {
  return createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6 && ipv6Only,
    reuseAddr,
    lookup: (address, _options, callback) => {
      const mapped = ipv6 && !address.includes(':') ? `::ffff:${address}` : address
      callback(null, mapped, ipv6 ? 6 : 4)
    },
  })
}

function bind(socket: Socket, where: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', failed)
    socket.bind(where, () => {
      socket.off('error', failed)
      resolve()
    })
  })
}
