import type { NativeSocket } from '../socket/native-socket.ts'
import {
  SENT_CONTROL_BYTES,
  writeSegmentBytes,
  writeSource,
  writeSourceAddress,
} from './ancillary-data.ts'
import { MessageHeaders } from './message-headers.ts'
import { MessageSender, type OnFull, type OnRefused } from './message-sender.ts'
import { type BatchMemory, memoryOf, type ReceiveBatch } from './receive-batch.ts'
import { RECORD_BYTES } from './received-datagrams.ts'
import { SegmentRun } from './segment-run.ts'

export type { OnRefused } from './message-sender.ts'

/** The length of a struct sockaddr_in. */
const IPV4_NAME_BYTES = 16

/** The size of a batch, and how it is sent. */
export interface SendBatchOptions {
  /** How many one `send` takes at most; 64 by default, 1,024 at most. */
  datagrams?: number
  /** Bytes that each may have that is copied in with `add`; 0, the default, for a batch that only replies. */
  datagramBytes?: number
  /**
   * Whether the kernel gets datagrams of one length that go one after another to the same address as one long
   * message, which it cuts (UDP_SEGMENT, Linux 4.18); true by default. Where it cannot, they go one by one.
   */
  segments?: boolean
  /** Whether `send` waits for room where the socket does; true by default. False: `EAGAIN` instead. */
  wait?: boolean
}

/**
 * Datagrams to be sent with one call (sendmmsg(2)). Those of `reply` are not copied: they stay in the receive
 * batch, which must not receive before they are sent.
 */
export class SendBatch implements Disposable {
  readonly #capacity: number
  readonly #datagramBytes: number
  readonly #headers: MessageHeaders
  readonly #payload: Uint8Array
  readonly #run: SegmentRun
  readonly #sender: MessageSender
  /** Whose memory the last reply points to. */
  #from: ReceiveBatch | undefined
  #memory: BatchMemory | undefined
  /** Keeps alive all that the headers point to, also when its owner closes it. */
  readonly #held: unknown[] = []
  #count = 0
  #messages = 0

  /**
   * @throws {RangeError} for a size that cannot be
   * @throws {NativeCallsMissingError} where koffi is absent
   */
  constructor(options: SendBatchOptions = {}) {
    const { datagrams = 64, datagramBytes = 0, segments = true, wait = true } = options
    if (!(datagrams >= 1 && datagrams <= 1_024))
      throw new RangeError(`${datagrams} datagrams: must be 1 to 1024`)
    this.#capacity = datagrams
    this.#datagramBytes = datagramBytes
    this.#payload = new Uint8Array(datagrams * datagramBytes)
    this.#headers = new MessageHeaders(datagrams, SENT_CONTROL_BYTES, this.#payload)
    this.#run = new SegmentRun(datagrams, segments)
    this.#sender = new MessageSender(this.#headers, this.#run, wait)
  }

  /** How many wait to be sent. */
  get count(): number {
    return this.#count
  }

  /** Whether `send` or `clear` must come before the next datagram. */
  get full(): boolean {
    return this.#count === this.#capacity
  }

  /** How many datagrams the kernel took in the last `send`. */
  get sent(): number {
    return this.#sender.sent
  }

  /** How many bytes of payload those had. */
  get sentBytes(): number {
    return this.#sender.sentBytes
  }

  /**
   * Sends a datagram that came in back to where it came from, byte for byte, from the address it was sent to
   * when that is known.
   *
   * @throws {RangeError} when the batch is full, or the source of a datagram is unknown
   */
  reply(received: ReceiveBatch, index: number): void {
    const length = received.length(index)
    if (received.sourceFamily(index) === 0) throw new RangeError(`datagram ${index} has no source`)
    const vector = this.#next(length)
    const { headers, records } = this.#borrow(received)
    this.#headers.borrowVector(vector, headers, index, length)
    if (this.#run.sameWay(received, index) && this.#extend(length)) return
    const message = this.#begin(vector, length)
    this.#run.keepWay(received, index)
    this.#headers.borrowName(message, headers, index)
    const ipv4 = headers.nameLength(index) === IPV4_NAME_BYTES
    const start = this.#headers.controlStart(message)
    const at = index * RECORD_BYTES
    const control = writeSource(this.#headers.memory, start, records, at, ipv4)
    this.#headers.setControlLength(message, control)
    this.#run.controlBytes[message] = control
  }

  /**
   * Copies a datagram in.
   *
   * @param to from `encodeSocketAddress`; without it to where the socket is connected. Datagrams go together when
   *   this is the same object as before
   * @param source the address it leaves from (IP_PKTINFO, IPV6_PKTINFO), 4 or 16 bytes as the socket's family has
   *   them; always the same for the same `to`. Without it the routes decide
   * @throws {RangeError} when the batch is full or the datagram is longer than `datagramBytes`
   */
  add(bytes: Uint8Array, to?: Uint8Array, source?: Uint8Array): void {
    const { length } = bytes
    if (length > this.#datagramBytes)
      throw new RangeError(`${length} bytes in a batch for ${this.#datagramBytes}`)
    const vector = this.#next(length)
    const at = vector * this.#datagramBytes
    this.#payload.set(bytes, at)
    this.#headers.setVector(vector, at, length)
    if (this.#run.sameTarget(to) && this.#extend(length)) return
    const message = this.#begin(vector, length)
    this.#run.keepTarget(to)
    if (to === undefined) this.#headers.setNameLength(message, 0)
    else this.#headers.setName(message, to)
    const start = this.#headers.controlStart(message)
    const control =
      source === undefined ? 0 : writeSourceAddress(this.#headers.memory, start, source)
    this.#headers.setControlLength(message, control)
    this.#run.controlBytes[message] = control
  }

  /**
   * Gives all that waits to the kernel and empties the batch. What there is no room for is left out, alone.
   *
   * @param onRefused called for each datagram that was not accepted, with its reason; `EAGAIN` is what would have had to wait
   * @param onFull gives another socket to go on with when there is no room; without it, or without one, `EAGAIN`
   * @returns how many datagrams were taken
   * @throws {ClosedDescriptorError} when the socket is closed
   * @throws {ClosedBatchError} when this batch is
   */
  send(socket: NativeSocket, onRefused?: OnRefused, onFull?: OnFull): number {
    this.#sender.send(socket, this.#messages, onRefused, onFull)
    this.clear()
    return this.sent
  }

  /** Forgets what waits. */
  clear(): void {
    this.#count = 0
    this.#messages = 0
    this.#from = undefined
    this.#memory = undefined
    this.#held.length = 0
    this.#run.forget()
  }

  /** Frees its memory, and forgets what waits; safe to call twice. */
  close(): void {
    this.clear()
    this.#headers.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #borrow(received: ReceiveBatch): BatchMemory {
    if (this.#from === received && this.#memory !== undefined) return this.#memory
    const memory = memoryOf(received)
    this.#held.push(memory.headers.held)
    this.#from = received
    this.#memory = memory
    return memory
  }

  #next(length: number): number {
    if (this.#count === this.#capacity) throw new RangeError(`the batch is full: ${this.#capacity}`)
    if (length > 65_535) throw new RangeError(`${length} bytes are no datagram`)
    return this.#count
  }

  #begin(vector: number, length: number): number {
    const message = this.#messages
    this.#headers.setVectors(message, vector, 1)
    this.#run.begin(message, vector, length)
    this.#messages += 1
    this.#count += 1
    return message
  }

  /** Joins a datagram to the message before it, when the kernel can cut them apart again. */
  #extend(length: number): boolean {
    const message = this.#messages - 1
    if (message < 0 || !this.#run.extend(message, length)) return false
    this.#count += 1
    const headers = this.#headers
    headers.setVectors(message, this.#run.first[message] ?? 0, this.#run.datagrams[message] ?? 1)
    const control = this.#run.controlBytes[message] ?? 0
    const start = headers.controlStart(message) + control
    const segment = writeSegmentBytes(headers.memory, start, this.#run.segmentBytes)
    headers.setControlLength(message, control + segment)
    return true
  }
}
