import { constants } from 'node:os'

import { internetAddress, type ResolvedAddress } from '@sockyard/net/address'
import {
  isPathChosen,
  localEndpoint,
  type PathOptions,
  setPathOptions,
} from '@sockyard/net/connect'
import { networkError } from '@sockyard/net/errors'
import {
  enableAncillaryData,
  ReceiveBatch,
  type ReceivedDatagrams,
  SendBatch,
} from '@sockyard/posix/datagram'
import { SystemCallError } from '@sockyard/posix/ffi'
import { setSocketOption } from '@sockyard/posix/options'
import { Epoll, EPOLL, whenReadable } from '@sockyard/posix/poll'
import { realtimeNanoseconds } from '@sockyard/posix/process'
import { NativeSocket } from '@sockyard/posix/socket'
import type { ReplyHeader } from '@sockyard/probe/echo'

import {
  pathMtuBytes,
  type PingListener,
  type PingSocket,
  RECEIVE_BUFFER_BYTES,
} from './ping-socket.ts'

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
 * @param size bytes of the largest probe
 * @throws {NetworkError} when there is no route
 */
export function openNativePingSocket(
  target: ResolvedAddress,
  size: number,
  path: PathOptions,
): PingSocket {
  return new NativePingSocket(target, connect(target, path), size)
}

class NativePingSocket implements PingSocket {
  readonly target: ResolvedAddress
  readonly #socket: NativeSocket
  readonly #outgoing: SendBatch
  readonly #incoming: ReceiveBatch
  readonly #times = new ReceiveTimes()
  /** Watched instead of the socket, on which an ICMP error would end the watching. */
  readonly #epoll = new Epoll(1)
  readonly #unwatch: () => void
  readonly #sequences: number[] = []
  readonly #dueAt: (number | undefined)[] = []
  /** Of the datagram that is being handled. */
  readonly #header = { ttl: 0, trafficClass: 0 }
  #listener: PingListener | undefined

  constructor(target: ResolvedAddress, socket: NativeSocket, size: number) {
    this.target = target
    this.#socket = socket
    this.#outgoing = new SendBatch({ datagrams: BATCH_DATAGRAMS, datagramBytes: size })
    // One byte more detects a reply that is longer.
    const datagramBytes = Math.min(size + 1, LARGEST_DATAGRAM_BYTES)
    this.#incoming = new ReceiveBatch({ datagrams: BATCH_DATAGRAMS, datagramBytes })
    this.#times.readClocks(true)
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

  pathMtuBytes(): number | undefined {
    return pathMtuBytes(this.#socket, this.target)
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
      this.#times.readClocks(count < BATCH_DATAGRAMS)
      for (let index = 0; index < count; index += 1) {
        const at = this.#times.of(this.#incoming, index)
        this.#listener?.onDatagram(this.#incoming.bytes(index), at, this.#headerOf(index))
      }
      this.#flush()
      if (count < BATCH_DATAGRAMS) return
    }
  }

  #headerOf(index: number): ReplyHeader | undefined {
    this.#header.ttl = this.#incoming.hopLimit(index)
    this.#header.trafficClass = this.#incoming.trafficClass(index)
    return this.#header.ttl < 0 || this.#header.trafficClass < 0 ? undefined : this.#header
  }

  /** The received datagrams; an ICMP error is reported instead. */
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

function connect(target: ResolvedAddress, path: PathOptions): NativeSocket {
  const { address, port } = target
  const family = target.family === 6 ? 'IPv6' : 'IPv4'
  const socket = NativeSocket.open({ family, type: 'datagram' })
  try {
    if (isPathChosen(path)) prepare(socket, target.family, path)
    socket.connect(internetAddress(address, port))
    setSocketOption(socket, 'SO_RCVBUF', RECEIVE_BUFFER_BYTES)
    setSocketOption(socket, 'SO_SNDTIMEO', SEND_MILLIS)
    enableAncillaryData(socket, family, ['timestamp', 'hopLimit', 'trafficClass'])
    return socket
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
}

function prepare(socket: NativeSocket, family: 4 | 6, path: PathOptions): void {
  const { address, port } = localEndpoint(path, family)
  try {
    socket.bind(internetAddress(address, port))
  } catch (error) {
    throw networkError(error, address, port)
  }
  setPathOptions(socket, family, path)
}

const BILLION = 1_000_000_000n
/** The two clocks run apart by less between two readings, unless one was set. */
const TOLERANCE_MILLIS = 1

/** The clocks that times of receipt are told by. */
interface Clocks {
  /** CLOCK_REALTIME, which may be set; nanoseconds. */
  realtime: () => bigint
  /** `performance.now()` */
  monotonic: () => number
}

const systemClocks: Clocks = { realtime: realtimeNanoseconds, monotonic: () => performance.now() }

/**
 * When datagrams came in, on the clock of `performance.now()`. The kernel stamps them with CLOCK_REALTIME, which
 * may be set: so only how long ago that was is taken from the stamps, and nothing of what was queued when the clock
 * was set.
 */
export class ReceiveTimes {
  readonly #clocks: Clocks
  #now = 0
  #seconds = 0
  #nanosOfSecond = 0
  /** CLOCK_REALTIME less `performance.now()`. */
  #apartMillis = 0
  #wasSet = true
  /** What is still in the queue may have been stamped before the clock was set. */
  #queuedBefore = false

  constructor(clocks: Clocks = systemClocks) {
    this.#clocks = clocks
  }

  /**
   * What was just received is asked about from now on.
   *
   * @param isDrained whether nothing is left in the queue
   */
  readClocks(isDrained: boolean): void {
    // In this order: what is in between makes a round trip longer, never shorter than it was.
    const realtime = this.#clocks.realtime()
    this.#now = this.#clocks.monotonic()
    this.#seconds = Number(realtime / BILLION)
    this.#nanosOfSecond = Number(realtime % BILLION)
    const apartMillis = this.#seconds * 1_000 + this.#nanosOfSecond / 1_000_000 - this.#now
    this.#wasSet =
      this.#queuedBefore || Math.abs(apartMillis - this.#apartMillis) > TOLERANCE_MILLIS
    this.#queuedBefore = this.#wasSet && !isDrained
    this.#apartMillis = apartMillis
  }

  /** Milliseconds of `performance.now()`. */
  of(
    received: Pick<ReceivedDatagrams, 'timestampSeconds' | 'timestampNanosOfSecond'>,
    index: number,
  ): number {
    const seconds = this.#seconds - received.timestampSeconds(index)
    const nanos = this.#nanosOfSecond - received.timestampNanosOfSecond(index)
    const agoMillis = seconds * 1_000 + nanos / 1_000_000
    return this.#wasSet ? this.#now : this.#now - Math.max(0, agoMillis)
  }
}
