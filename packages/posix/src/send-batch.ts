import { SENT_CONTROL_BYTES, writeSegmentBytes, writeSource } from './control-messages.ts'
import { RECORD_BYTES } from './datagram-record.ts'
import { type BatchMemory, memoryOf } from './memory-of-batch.ts'
import { MessageHeaders } from './message-headers.ts'
import { MessageSender, type OnRefused } from './message-sender.ts'
import type { NativeSocket } from './native-socket.ts'
import type { ReceiveBatch } from './receive-batch.ts'
import { SegmentRun } from './segment-run.ts'

export type { OnRefused } from './message-sender.ts'

/** The length of a struct sockaddr_in. */
const IPV4_NAME_BYTES = 16

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
  constructor({ datagrams = 64, datagramBytes = 0, segments = true }: SendBatchOptions = {}) {
    if (!(datagrams >= 1 && datagrams <= 1_024))
      throw new RangeError(`${datagrams} datagrams: must be 1 to 1024`)
    this.#capacity = datagrams
    this.#datagramBytes = datagramBytes
    this.#payload = new Uint8Array(datagrams * datagramBytes)
    this.#headers = new MessageHeaders(datagrams, SENT_CONTROL_BYTES, this.#payload)
    this.#run = new SegmentRun(datagrams, segments)
    this.#sender = new MessageSender(this.#headers, this.#run)
  }

  /** How many wait to be sent. */
  get count(): number {
    return this.#count
  }

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
   * @throws {RangeError} when the batch is full, or nobody said where it came from
   */
  reply(received: ReceiveBatch, index: number): void {
    const length = received.length(index)
    if (received.sourceFamily(index) === 0) throw new RangeError(`datagram ${index} is from nobody`)
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
   * @throws {RangeError} when the batch is full or the datagram is longer than `datagramBytes`
   */
  add(bytes: Uint8Array, to?: Uint8Array): void {
    const { length } = bytes
    if (length > this.#datagramBytes)
      throw new RangeError(`${length} bytes in a batch for ${this.#datagramBytes}`)
    const vector = this.#next(length)
    const start = vector * this.#datagramBytes
    this.#payload.set(bytes, start)
    this.#headers.setVector(vector, start, length)
    if (this.#run.sameTarget(to) && this.#extend(length)) return
    const message = this.#begin(vector, length)
    this.#run.keepTarget(to)
    if (to === undefined) this.#headers.setNameLength(message, 0)
    else this.#headers.setName(message, to)
    this.#headers.setControlLength(message, 0)
    this.#run.controlBytes[message] = 0
  }

  /**
   * Gives all that waits to the kernel, waiting where the socket does, and empties the batch.
   *
   * @param onRefused told what was not taken, each time with its reason; `EAGAIN` is what would have had to wait
   * @returns how many datagrams were taken
   * @throws {ClosedDescriptorError} when the socket is closed
   * @throws {ClosedBatchError} when this batch is
   */
  send(socket: NativeSocket, onRefused?: OnRefused): number {
    this.#sender.send(socket, this.#messages, onRefused)
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
