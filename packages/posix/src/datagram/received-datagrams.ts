import { LITTLE } from '../ffi/native-memory.ts'
import type { InternetAddress } from '../socket/socket-address.ts'
import { MSG } from '../socket/socket-calls.ts'

/**
 * What is known of one datagram, in bytes from the beginning of its record: 32-bit numbers. A record holds no
 * address of memory, so that it may be handed to another thread.
 */
export const RECORD = {
  length: 0,
  flags: 4,
  /** 4 or 6; 0 when the source is unknown. */
  sourceFamily: 8,
  sourcePort: 12,
  /** Four words: an IPv4 address is IPv4-mapped (RFC 4291, 2.5.5.2). */
  source: 16,
  sourceScope: 32,
  /** 4 or 6; 0 when it is not known. */
  destinationFamily: 36,
  destination: 40,
  interfaceIndex: 56,
  /** -1 when it is not known. */
  hopLimit: 60,
  /** Two words of seconds, the low one first. */
  seconds: 64,
  nanoseconds: 72,
  drops: 76,
  segmentBytes: 80,
  /** -1 when it is not known. */
  trafficClass: 84,
} as const

/** Bytes in which one datagram is described. */
export const RECORD_BYTES = 88
/** The third word of an IPv4-mapped address. */
export const MAPPED = 0xffff

/** Memory for datagrams was used after its owner had closed it. */
export class ClosedBatchError extends Error {
  override readonly name = 'ClosedBatchError'

  constructor() {
    super('this batch of datagrams is closed; make a new one')
  }
}

/** The memory of received datagrams, as a message to another thread: both see the same bytes. */
export interface SharedDatagrams {
  records: SharedArrayBuffer
  payload: SharedArrayBuffer
  /** From the beginning of one datagram in `payload` to that of the next. */
  strideBytes: number
}

/**
 * What came in, by index. The numbers cost no allocation; objects are made only by `bytes`, `source`,
 * `destination` and `timestampNanos`. All of it is good until the next `receive` into the same memory.
 *
 * Every method throws RangeError for an index that is not below `count`, and ClosedBatchError after `close`.
 */
export class ReceivedDatagrams {
  readonly #strideBytes: number
  #records: DataView
  #payload: DataView
  #count = 0

  #shared: SharedDatagrams | undefined

  constructor(shared: SharedDatagrams) {
    const { records, payload, strideBytes } = shared
    this.#shared = shared
    this.#records = new DataView(records)
    this.#payload = new DataView(payload)
    this.#strideBytes = strideBytes
  }

  /**
   * To be posted to another thread, as long as this one is not closed.
   *
   * @throws {ClosedBatchError} after `close`
   */
  get shared(): SharedDatagrams {
    if (this.#shared === undefined) throw new ClosedBatchError()
    return this.#shared
  }

  /** How many there are. Set by the receiver, also from another thread. */
  get count(): number {
    return this.#count
  }

  set count(count: number) {
    this.#count = Math.min(count, this.#records.byteLength / RECORD_BYTES)
  }

  /** The datagram's bytes where they are, not copied. */
  bytes(index: number): Buffer {
    const length = this.length(index)
    return Buffer.from(this.#payload.buffer, index * this.#strideBytes, length)
  }

  /**
   * 32 bits of the payload, in network order, 0 to 4,294,967,295.
   *
   * @param offset in bytes, from the datagram's beginning
   * @throws {RangeError} when the datagram ends before
   */
  payloadWord(index: number, offset: number): number {
    const length = this.length(index)
    if (!(offset >= 0 && offset + 4 <= length))
      throw new RangeError(`no word at ${offset} of ${length} bytes`)
    return this.#payload.getUint32(index * this.#strideBytes + offset)
  }

  /** Bytes of payload; those that fitted, when it is `truncated`. */
  length(index: number): number {
    return this.#number(index, RECORD.length)
  }

  /** Whether it was longer than the memory for it. */
  truncated(index: number): boolean {
    return (this.#number(index, RECORD.flags) & MSG.TRUNC) !== 0
  }

  /** 4 (also when a dual-stack socket shows it IPv4-mapped) or 6; 0 when unknown. */
  sourceFamily(index: number): number {
    return this.#number(index, RECORD.sourceFamily)
  }

  /** The UDP port it was sent from, in host order; 0 when unknown. */
  sourcePort(index: number): number {
    return this.#number(index, RECORD.sourcePort)
  }

  /**
   * 32 bits of the source's address as a signed number, which is never allocated.
   *
   * @param word 0 to 3; the last one, by default, is the whole IPv4 address, and the others are those of its
   *   IPv4-mapped form (RFC 4291, 2.5.5.2)
   */
  sourceWord(index: number, word = 3): number {
    return this.#number(index, RECORD.source + word * 4)
  }

  /** The interface that a link-local source is valid on (RFC 4007); 0: none. */
  sourceScope(index: number): number {
    return this.#number(index, RECORD.sourceScope)
  }

  /** The address and port it was sent from; undefined when unknown. Allocates, unlike `sourceWord`. */
  source(index: number): InternetAddress | undefined {
    const port = this.sourcePort(index)
    const address = this.#address(index, this.sourceFamily(index), RECORD.source)
    return address && { ...address, port, scope: this.sourceScope(index) }
  }

  /** As `sourceFamily`; 0 unless the socket was asked for `destination`. */
  destinationFamily(index: number): number {
    return this.#number(index, RECORD.destinationFamily)
  }

  /** As `sourceWord`, of the address it was sent to. */
  destinationWord(index: number, word = 3): number {
    return this.#number(index, RECORD.destination + word * 4)
  }

  /** The address it was sent to: one of ours, a group or a broadcast address. */
  destination(index: number): Pick<InternetAddress, 'family' | 'bytes'> | undefined {
    return this.#address(index, this.destinationFamily(index), RECORD.destination)
  }

  /** The interface it came in by; 0 unless the socket was asked for `destination`. */
  interfaceIndex(index: number): number {
    return this.#number(index, RECORD.interfaceIndex)
  }

  /** TTL (IPv4) or hop limit (IPv6) as it arrived; -1 unless the socket was asked for `hopLimit`. */
  hopLimit(index: number): number {
    return this.#number(index, RECORD.hopLimit)
  }

  /**
   * Type of service (IPv4) or traffic class (IPv6) as it arrived: DSCP in the upper six bits, ECN in the lower two
   * (RFC 2474, RFC 3168); -1 unless the socket was asked for `trafficClass`.
   */
  trafficClass(index: number): number {
    return this.#number(index, RECORD.trafficClass)
  }

  /** When the kernel received it, in nanoseconds since 1970; 0n unless the socket was asked for `timestamp`. */
  timestampNanos(index: number): bigint {
    const seconds = BigInt(this.timestampSeconds(index))
    return seconds * 1_000_000_000n + BigInt(this.timestampNanosOfSecond(index))
  }

  /** The whole seconds of `timestampNanos`. */
  timestampSeconds(index: number): number {
    const high = this.#number(index, RECORD.seconds + 4)
    return high * 2 ** 32 + (this.#number(index, RECORD.seconds) >>> 0)
  }

  /** The rest of `timestampNanos`, 0 to 999,999,999. */
  timestampNanosOfSecond(index: number): number {
    return this.#number(index, RECORD.nanoseconds)
  }

  /**
   * How many datagrams the kernel had dropped for want of room on this socket when it queued this one; 0 unless
   * the socket was asked for `drops`. Counts from the opening of the socket, modulo 2^32.
   */
  kernelDrops(index: number): number {
    return this.#number(index, RECORD.drops) >>> 0
  }

  /** With GRO, how long each of the datagrams is that were joined into this one, except the last; else 0. */
  segmentBytes(index: number): number {
    return this.#number(index, RECORD.segmentBytes)
  }

  /** Releases this view of the memory; every datagram is forgotten. */
  close(): void {
    this.#shared = undefined
    this.#count = 0
    this.#records = new DataView(new ArrayBuffer(0))
    this.#payload = new DataView(new ArrayBuffer(0))
  }

  #number(index: number, offset: number): number {
    if (!(index >= 0 && index < this.#count)) throw this.#outside(index)
    return this.#records.getInt32(index * RECORD_BYTES + offset, LITTLE)
  }

  #outside(index: number): Error {
    if (this.#shared === undefined) return new ClosedBatchError()
    return new RangeError(`there is no datagram ${index}: ${this.#count} were received`)
  }

  #address(
    index: number,
    family: number,
    offset: number,
  ): Pick<InternetAddress, 'family' | 'bytes'> | undefined {
    if (family === 0) return undefined
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    for (let byte = 0; byte < 16; byte += 4) view.setInt32(byte, this.#number(index, offset + byte))
    return family === 4 ? { family: 'IPv4', bytes: bytes.slice(12) } : { family: 'IPv6', bytes }
  }
}
