import { isIPv6 } from 'node:net'
import { constants } from 'node:os'

import { addressBytes } from '@sockyard/net/address'
import { UdpCounters } from '@sockyard/net/udp'
import { SendBatch } from '@sockyard/posix/datagram'
import { SystemCallError } from '@sockyard/posix/ffi'
import { setSocketOption } from '@sockyard/posix/options'
import { encodeSocketAddress, inetNtop, NativeSocket } from '@sockyard/posix/socket'
import {
  encodeMulticastDatagram,
  MULTICAST_FIELDS,
  MULTICAST_HEADER_BYTES,
} from '@sockyard/protocol/multicast'
import { exportUdpMetrics, showPeers } from '@sockyard/service/metrics'

import {
  type GroupSender,
  type GroupSenderOptions,
  RECEIVE_BUFFER_BYTES,
  SendErrorLog,
  sentTraffic,
} from './group-sender.ts'
import type { OutgoingPlace } from './outgoing-interface.ts'

const DATAGRAMS = 64
/** Room for some bursts; the kernel gives at most net.core.wmem_max. */
const SEND_BUFFER_BYTES = 1024 * 1024
const errnos: Readonly<Record<string, number>> = constants.errno

/**
 * Sends with one system call (sendmmsg(2)) what is sent in one turn of the event loop, at most 64. What the kernel has
 * no room for is not kept, but dropped and counted: later it would be too late.
 *
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export class NativeGroupSender implements GroupSender {
  readonly #options: GroupSenderOptions
  readonly #batch: SendBatch
  readonly #datagram: NumberedDatagram
  readonly #to: Uint8Array
  readonly #errors: SendErrorLog
  readonly #counters = new UdpCounters()
  /** Milliseconds since 1970. */
  readonly #sentAt = { since: Date.now(), last: Date.now() }
  #socket: NativeSocket | undefined
  #sequence = 0

  /** @param sizeBytes of the longest datagram, its header counted */
  constructor(options: GroupSenderOptions, sizeBytes: number) {
    const { group, port, sender } = options
    this.#options = options
    this.#batch = new SendBatch({ datagrams: DATAGRAMS, datagramBytes: sizeBytes })
    this.#datagram = new NumberedDatagram(sender, sizeBytes - MULTICAST_HEADER_BYTES)
    const bytes = Uint8Array.from(addressBytes(group))
    this.#to = encodeSocketAddress({ family: familyOf(group), bytes, port, scope: 0 })
    this.#errors = new SendErrorLog(options.log, { group, port })
    exportUdpMetrics(options.metrics, this.#counters)
    showPeers(options.metrics, () =>
      sentTraffic(options, this.#counters, this.#sentAt, localOf(this.#socket)),
    )
  }

  get group(): string {
    return this.#options.group
  }

  get target(): NativeSocket | undefined {
    return this.#socket
  }

  async start(): Promise<void> {
    const socket = openSender(this.#options)
    this.#socket = socket
    await this.#options.outgoing?.use((place) => useInterface(socket, this.group, place))
  }

  send(payload: Uint8Array): void {
    if (this.#batch.count === 0) {
      // All of them go out with the next system call.
      this.#datagram.sentAt = this.#options.now()
      queueMicrotask(() => this.#flush())
    }
    this.#batch.add(this.#datagram.made(this.#sequence, payload), this.#to)
    this.#sequence += 1
    if (this.#batch.full) this.#flush()
  }

  waiting(): number {
    return this.#batch.count
  }

  async stop(): Promise<void> {
    this.#options.outgoing?.stop()
    this.#flush()
    this.#batch.close()
    this.#socket?.close()
  }

  #flush(): void {
    const { count } = this.#batch
    if (count === 0 || this.#socket === undefined) return
    const refusals: (Refusal & { code: string })[] = []
    this.#batch.send(this.#socket, (code, datagrams) =>
      refusals.push({ code, datagrams, taken: this.#batch.sent }),
    )
    this.#counters.countSent(this.#batch.sent, this.#batch.sentBytes)
    this.#sentAt.last = Date.now()
    const { group } = this
    const { sizeBytes } = this.#datagram
    for (const range of sentRanges({ first: this.#sequence - count, count }, refusals))
      this.#options.onSent({ group, ...range, sizeBytes })
    for (const refusal of refusals) this.#drop(refusal)
    const last = refusals.at(-1)
    const isRefused = last?.taken === this.#batch.sent
    this.#errors.report(isRefused ? errorOf(last.code) : undefined)
  }

  #drop({ code, datagrams }: Refusal & { code: string }): void {
    this.#counters.countUnsent(code, datagrams)
    this.#options.onDropped(datagrams, code === 'EAGAIN' ? undefined : errorOf(code))
  }
}

/** The kernel chooses the port when the first datagram is sent. */
function localOf(socket: NativeSocket | undefined): { address: string; port: number } {
  const local = socket === undefined || socket.closed ? undefined : socket.localAddress()
  if (local === undefined || local.family === 'unix') return { address: '', port: 0 }
  return { address: inetNtop(local.bytes), port: local.port }
}

function errorOf(code: string): SystemCallError {
  return new SystemCallError('sendmmsg', errnos[code] ?? 0)
}

function openSender({ group, ttl, loopback }: GroupSenderOptions): NativeSocket {
  const family = familyOf(group)
  const socket = NativeSocket.open({ family, type: 'datagram', nonBlocking: true })
  try {
    setSocketOption(socket, 'SO_RCVBUF', RECEIVE_BUFFER_BYTES)
    setSocketOption(socket, 'SO_SNDBUF', SEND_BUFFER_BYTES)
    const isIPv4 = family === 'IPv4'
    setSocketOption(socket, isIPv4 ? 'IP_MULTICAST_TTL' : 'IPV6_MULTICAST_HOPS', ttl)
    setSocketOption(socket, isIPv4 ? 'IP_MULTICAST_LOOP' : 'IPV6_MULTICAST_LOOP', loopback)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

function useInterface(socket: NativeSocket, group: string, place: OutgoingPlace): void {
  if (isIPv6(group)) setSocketOption(socket, 'IPV6_MULTICAST_IF', place.index)
  else setSocketOption(socket, 'IP_MULTICAST_IF', place.joinAddress)
}

function familyOf(group: string): 'IPv4' | 'IPv6' {
  return isIPv6(group) ? 'IPv6' : 'IPv4'
}

const WORD = 2 ** 32

/** One datagram after the other in the same memory: only what differs is written. */
class NumberedDatagram {
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** @param payloadBytes of each */
  constructor(sender: number, payloadBytes: number) {
    const payload = new Uint8Array(payloadBytes)
    this.#bytes = encodeMulticastDatagram({ sender, sequence: 0n, sentAt: 0n, payload })
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Its header counted. */
  get sizeBytes(): number {
    return this.#bytes.length
  }

  /** Nanoseconds since 1970, of all that are made from now on. */
  set sentAt(nanoseconds: bigint) {
    this.#view.setBigUint64(MULTICAST_FIELDS.sentAt, nanoseconds)
  }

  /** @returns the same memory each time */
  made(sequence: number, payload: Uint8Array): Uint8Array {
    this.#view.setUint32(MULTICAST_FIELDS.sequence, Math.floor(sequence / WORD))
    this.#view.setUint32(MULTICAST_FIELDS.sequence + 4, sequence % WORD)
    this.#bytes.set(payload, MULTICAST_HEADER_BYTES)
    return this.#bytes
  }
}

/** Some datagrams of a batch that the kernel did not take. */
export interface Refusal {
  /** How many it had taken before. */
  readonly taken: number
  readonly datagrams: number
}

/** Numbers that follow each other. */
export interface NumberRange {
  readonly first: number
  readonly count: number
}

/**
 * Which numbers of a batch were sent.
 *
 * @param all what was in the batch
 * @param refusals in order
 */
export function sentRanges(all: NumberRange, refusals: readonly Refusal[]): NumberRange[] {
  const ranges: NumberRange[] = []
  let taken = 0
  let first = all.first
  const add = (count: number): void => {
    if (count > 0) ranges.push({ first, count })
    first += count
    taken += count
  }
  for (const refusal of refusals) {
    add(refusal.taken - taken)
    first += refusal.datagrams
  }
  add(all.first + all.count - first)
  return ranges
}
