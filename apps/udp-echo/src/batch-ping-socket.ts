import { constants } from 'node:os'

import { tellDetails } from '@sockyard/posix/datagram-details'
import { Epoll, EPOLL } from '@sockyard/posix/epoll'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { ReceiveBatch } from '@sockyard/posix/receive-batch'
import { SendBatch } from '@sockyard/posix/send-batch'
import { setSocketOption } from '@sockyard/posix/socket-options'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import { whenReadable } from '@sockyard/posix/when-readable'
import { addressBytes } from '@sockyard/service/address-bytes'
import { networkError } from '@sockyard/service/errors'
import type { ResolvedAddress } from '@sockyard/service/resolve'
import { zoneIndex } from '@sockyard/service/zone-index'

import type { PingListener, PingSocket } from './ping-socket.ts'
import { RECEIVE_BUFFER_BYTES } from './probe-socket.ts'
import { ReceiveMoments } from './receive-moments.ts'

const BATCH_DATAGRAMS = 64
/** So many batches are read before the event loop goes on: what is due to be sent comes in between. */
const BATCHES_A_TURN = 4
/** What may have to wait for room in an interface's queue; we wait with it. */
const SEND_MILLIS = 100
const LARGEST_DATAGRAM_BYTES = 65_535

/**
 * Probes by recvmmsg(2) and sendmmsg(2): what is sent in one turn of the event loop leaves together, and when a
 * reply came in is the kernel's to say (SO_TIMESTAMPNS), however late we come to read it.
 *
 * @param size bytes of a probe
 * @throws {NetworkError} when there is no route
 */
export function openBatchPingSocket(target: ResolvedAddress, size: number): PingSocket {
  return new BatchPingSocket(target, connect(target), size)
}

class BatchPingSocket implements PingSocket {
  readonly target: ResolvedAddress
  readonly #socket: NativeSocket
  readonly #outgoing: SendBatch
  readonly #incoming: ReceiveBatch
  readonly #moments = new ReceiveMoments()
  /** Watched instead of the socket, on which an ICMP error would end the watching. */
  readonly #epoll = new Epoll(1)
  readonly #unwatch: () => void
  readonly #sequences: number[] = []
  readonly #dueAt: (number | undefined)[] = []
  #listener: PingListener | undefined

  constructor(target: ResolvedAddress, socket: NativeSocket, size: number) {
    this.target = target
    this.#socket = socket
    this.#outgoing = new SendBatch({ datagrams: BATCH_DATAGRAMS, datagramBytes: size })
    // One byte more tells a reply that is longer.
    const datagramBytes = Math.min(size + 1, LARGEST_DATAGRAM_BYTES)
    this.#incoming = new ReceiveBatch({ datagrams: BATCH_DATAGRAMS, datagramBytes })
    this.#moments.readClocks()
    this.#epoll.add(socket.descriptor, EPOLL.IN)
    this.#unwatch = whenReadable(this.#epoll.descriptorNumber, () => this.#receive())
  }

  listen(listener: PingListener): void {
    this.#listener = listener
  }

  send(sequence: number, bytes: Uint8Array, dueAt: number | undefined): boolean {
    if (this.#sequences.length === 0) queueMicrotask(() => this.#flush())
    this.#outgoing.add(bytes)
    this.#sequences.push(sequence)
    this.#dueAt.push(dueAt)
    if (this.#outgoing.full) this.#flush()
    return true
  }

  [Symbol.dispose](): void {
    this.#unwatch()
    this.#epoll.close()
    this.#socket.close()
    this.#outgoing.close()
    this.#incoming.close()
  }

  #flush(): void {
    if (this.#sequences.length === 0) return
    const sequences = this.#sequences.splice(0)
    const dueAt = this.#dueAt.splice(0)
    let refused = 0
    const at = performance.now()
    this.#outgoing.send(this.#socket, (code, datagrams) => {
      const first = this.#outgoing.sent + refused
      refused += datagrams
      this.#tellNotSent(sequences.slice(first, first + datagrams), code)
    })
    for (const [index, sequence] of sequences.entries())
      this.#listener?.onDeparted(sequence, at, dueAt[index])
  }

  #tellNotSent(sequences: readonly number[], code: string): void {
    const error = new SystemCallError(
      'sendmmsg',
      constants.errno[code as keyof typeof constants.errno],
    )
    setImmediate(() => {
      for (const sequence of sequences) this.#listener?.onNotSent(sequence, error)
    })
  }

  #receive(): void {
    for (let turn = 0; turn < BATCHES_A_TURN; turn += 1) {
      const count = this.#take()
      this.#moments.readClocks()
      for (let index = 0; index < count; index += 1) {
        const at = this.#moments.of(this.#incoming, index)
        this.#listener?.onDatagram(this.#incoming.bytes(index), at)
      }
      this.#flush()
      if (count < BATCH_DATAGRAMS) return
    }
  }

  /** What came in; an ICMP error is told instead. */
  #take(): number {
    try {
      return this.#incoming.receive(this.#socket, false)
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#listener?.onNotDelivered(error)
      return 0
    }
  }
}

function connect(target: ResolvedAddress): NativeSocket {
  const { address, port } = target
  const family = target.family === 6 ? 'IPv6' : 'IPv4'
  const socket = NativeSocket.open({ family, type: 'datagram' })
  try {
    const bytes = Uint8Array.from(addressBytes(address))
    socket.connect({ family, bytes, port, scope: zoneIndex(address) })
    setSocketOption(socket, 'SO_RCVBUF', RECEIVE_BUFFER_BYTES)
    setSocketOption(socket, 'SO_SNDTIMEO', SEND_MILLIS)
    tellDetails(socket, family, ['timestamp'])
    return socket
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
}
