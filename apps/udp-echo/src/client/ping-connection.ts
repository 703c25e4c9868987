import type { ResolvedAddress } from '@sockyard/net/address'
import { type NetworkError, networkError } from '@sockyard/net/errors'
import {
  type Connected,
  MessageProbes,
  type OnOutcome,
  type PingConnection,
  type ProbeSizes,
} from '@sockyard/probe/echo'
import type { RoundTripTotals } from '@sockyard/probe/statistics'

import type { PingSocket } from './ping-socket.ts'

export interface PingConnectionOptions {
  totals: RoundTripTotals
  onOutcome: OnOutcome
  sizes: ProbeSizes
  /** How long a reply may take. */
  waitMillis: number
  /** How many go out a second; Infinity for as fast as replies arrive. */
  probesPerSecond: number
  /** Nanoseconds since 1970. */
  now: () => bigint
  /** Looks the name up and opens a socket that is connected to one of its addresses. */
  open: () => Promise<PingSocket>
}

/** Of IP without options, and UDP. */
const HEADER_BYTES = { 4: 28, 6: 48 }

/** Probes that are remembered: those of so much of --wait, and not more than 1,048,576 (21 MiB). */
const MAXIMUM_REMEMBERED = 2 ** 20
const USUALLY_REMEMBERED = 2 ** 16

/** Sends probes on one connected socket, and judges what comes back. */
export class UdpPingConnection implements PingConnection {
  readonly #options: PingConnectionOptions
  readonly #probes: MessageProbes
  #socket: PingSocket | undefined
  #failure: NetworkError | undefined

  constructor(options: PingConnectionOptions) {
    this.#options = options
    this.#probes = new MessageProbes({ ...options, capacity: capacityFor(options) })
  }

  get trips(): MessageProbes['trips'] {
    return this.#probes.trips
  }

  /** What the system last said of a probe that failed. */
  get failure(): NetworkError | undefined {
    return this.#failure
  }

  async connect(): Promise<Connected> {
    const socket = await this.#options.open()
    const { target } = socket
    this.#socket = socket
    socket.listen({
      onDeparted: (sequence, at, dueAt) => this.trips.departed(sequence, at, dueAt),
      onNotSent: (sequence, error) => this.#notSent(sequence, error, target),
      onNotDelivered: (error) => void this.#notDelivered(error, target),
      onDatagram: (bytes, at, header) => this.#probes.receive(bytes, at, header),
    })
    // A server may be away for a while; a socket is never lost.
    return { target, lost: new Promise(() => {}) }
  }

  pathMtuBytes(): number | undefined {
    return this.#socket?.pathMtuBytes()
  }

  async close(): Promise<void> {
    this.#socket?.[Symbol.dispose]()
    this.#socket = undefined
  }

  /**
   * @param number 0, 1, 2 …
   * @param dueAt when it should go out, by a schedule
   */
  send(number: number, dueAt?: number): void {
    const sequence = number >>> 0
    this.trips.sent(sequence)
    if (!this.#transmit(sequence, dueAt)) this.trips.failed(sequence)
  }

  #transmit(sequence: number, dueAt?: number): boolean {
    return this.#socket?.send(sequence, this.#probes.encode(sequence), dueAt) ?? false
  }

  /**
   * An ICMP error came (RFC 1122, 4.1.3.3). The kernel does not report for which datagram; errors come in the order
   * of sending, so it is for the oldest that waits, or that does not fit the path.
   *
   * @returns that one
   */
  #notDelivered(error: Error, target: ResolvedAddress): number | undefined {
    const { pending } = this.trips
    const sequence = isTooBig(error) ? this.#oldestTooBig(target) : pending.oldestWaiting
    if (sequence === undefined) return undefined
    this.#failure = networkError(error, target.address, target.port)
    this.trips.failed(sequence, isTooBig(error) ? 'too-big' : 'refused')
    return sequence
  }

  /** "Fragmentation needed" (RFC 1191) has told the kernel the MTU of the path. */
  #oldestTooBig({ family }: ResolvedAddress): number | undefined {
    const mtu = this.pathMtuBytes() ?? 0
    const { sizes } = this.#options
    const isTooLong = (sequence: number): boolean => sizes.of(sequence) + HEADER_BYTES[family] > mtu
    return this.trips.pending.findWaiting(isTooLong)
  }

  /**
   * A send that fails with ECONNREFUSED reports the error of an earlier datagram, and with EMSGSIZE it may: then its
   * own is still to be sent.
   */
  #notSent(sequence: number, error: Error, target: ResolvedAddress): void {
    if (isTooBig(error) || networkError(error).errorClass === 'REFUSED') {
      const meant = this.#notDelivered(error, target)
      if (meant !== undefined && meant !== sequence) this.#transmit(sequence)
      if (meant !== undefined) return
    }
    this.#failure = networkError(error, target.address, target.port)
    this.trips.failed(sequence, isTooBig(error) ? 'too-big' : 'silent')
  }
}

function isTooBig(error: Error): boolean {
  return networkError(error).code === 'EMSGSIZE'
}

/** A power of two. */
function capacityFor({ probesPerSecond, waitMillis }: PingConnectionOptions): number {
  if (probesPerSecond === Infinity) return USUALLY_REMEMBERED
  const atOnce = 2 ** Math.ceil(Math.log2((probesPerSecond * waitMillis) / 1_000))
  return Math.min(MAXIMUM_REMEMBERED, Math.max(USUALLY_REMEMBERED, atOnce))
}
