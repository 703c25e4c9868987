import { isIPv6 } from 'node:net'
import { constants } from 'node:os'

import { NativeSocket } from '@sockyard/posix/native-socket'
import { SendBatch } from '@sockyard/posix/send-batch'
import { encodeSocketAddress } from '@sockyard/posix/socket-address'
import { setSocketOption } from '@sockyard/posix/socket-options'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import { MULTICAST_HEADER_BYTES } from '@sockyard/protocol/multicast'
import { addressBytes } from '@sockyard/service/address-bytes'
import { SharedTally } from '@sockyard/service/shared-tally'
import { exportUdpMetrics } from '@sockyard/service/udp-metrics'

import { type GroupSender, type GroupSenderOptions, RECEIVE_BUFFER_BYTES } from './group-sender.ts'
import { NumberedDatagram } from './numbered-datagram.ts'
import type { OutgoingPlace } from './outgoing-interface.ts'
import { Refusals } from './refusals.ts'
import { type Refusal, sentRanges } from './sent-ranges.ts'

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
export class BatchGroupSender implements GroupSender {
  readonly #options: GroupSenderOptions
  readonly #batch: SendBatch
  readonly #datagram: NumberedDatagram
  readonly #to: Uint8Array
  readonly #refusals: Refusals
  readonly #tally = new SharedTally()
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
    this.#refusals = new Refusals(options.log, { group, port })
    exportUdpMetrics(options.metrics, this.#tally)
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
    this.#tally.countSent(this.#batch.sent, this.#batch.sentBytes)
    const { group } = this
    const { sizeBytes } = this.#datagram
    for (const range of sentRanges({ first: this.#sequence - count, count }, refusals))
      this.#options.onSent({ group, ...range, sizeBytes })
    for (const refusal of refusals) this.#drop(refusal)
    const last = refusals.at(-1)
    const isRefused = last?.taken === this.#batch.sent
    this.#refusals.tell(isRefused ? errorOf(last.code, group).message : undefined)
  }

  #drop({ code, datagrams }: Refusal & { code: string }): void {
    this.#tally.countUnsent(code, datagrams)
    this.#options.onDropped(datagrams, code === 'EAGAIN' ? undefined : errorOf(code, this.group))
  }
}

function errorOf(code: string, group: string): SystemCallError {
  return new SystemCallError('sendmmsg', errnos[code] ?? 0, [group])
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
