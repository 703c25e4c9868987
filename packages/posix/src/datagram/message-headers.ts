import { addressOf, LITTLE } from '../ffi/native-memory.ts'
import { ClosedBatchError } from './received-datagrams.ts'

/**
 * Offsets in a struct mmsghdr (recvmmsg(2)) and a struct iovec (readv(2)): the same on x64 and arm64, where a
 * pointer and a size_t are 8 bytes. (In musl's header the two lengths are an int and its padding: 0 above.)
 */
const MMSGHDR = {
  name: 0,
  nameLength: 8,
  vectors: 16,
  vectorCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
} as const
const MMSGHDR_BYTES = 64
const IOVEC_BYTES = 16
/** A struct sockaddr_in6 has 28. */
const NAME_BYTES = 32

/**
 * The array of struct mmsghdr that recvmmsg(2) and sendmmsg(2) take, with what its pointers point to: for each
 * message one iovec, an address and room for control messages. All of that is one piece of memory, which only
 * this object holds, as it holds the payload that iovecs point to; no pointer leaves it.
 */
export class MessageHeaders {
  readonly count: number
  readonly #controlBytes: number
  readonly #address: number
  readonly #payloadAddress: number
  #payload: Uint8Array | undefined
  #memory: DataView | undefined

  /** @param payload what `setVector` points into; empty when all is borrowed */
  constructor(count: number, controlBytes: number, payload: Uint8Array) {
    this.count = count
    this.#controlBytes = controlBytes
    this.#payload = payload
    this.#payloadAddress = Number(addressOf(payload))
    const perMessage = MMSGHDR_BYTES + IOVEC_BYTES + NAME_BYTES + controlBytes
    this.#memory = new DataView(new ArrayBuffer(count * perMessage))
    // Below 2^53: the kernel gives 2^52 bytes of addresses at most.
    this.#address = Number(addressOf(this.#memory))
    for (let index = 0; index < count; index += 1) this.#connect(index)
  }

  /** The array itself, and what lies behind it: for the system call, and to read and write control messages. */
  get memory(): DataView {
    if (this.#memory === undefined) throw new ClosedBatchError()
    return this.#memory
  }

  /** What the pointers point to: as long as it is referenced they are valid, also after `close`. */
  get held(): readonly (DataView | Uint8Array | undefined)[] {
    return [this.#memory, this.#payload]
  }

  /** The array from one message on. */
  from(index: number): DataView {
    return index === 0 ? this.memory : new DataView(this.memory.buffer, index * MMSGHDR_BYTES)
  }

  /** Lets go of the memory; every later call throws ClosedBatchError. */
  close(): void {
    this.#memory = undefined
    this.#payload = undefined
  }

  /** Where the address of a message begins in `memory`. */
  nameStart(index: number): number {
    return this.count * (MMSGHDR_BYTES + IOVEC_BYTES) + index * NAME_BYTES
  }

  controlStart(index: number): number {
    const before = MMSGHDR_BYTES + IOVEC_BYTES + NAME_BYTES
    return this.count * before + index * this.#controlBytes
  }

  nameLength(index: number): number {
    return this.memory.getUint32(index * MMSGHDR_BYTES + MMSGHDR.nameLength, LITTLE)
  }

  controlLength(index: number): number {
    return this.memory.getUint32(index * MMSGHDR_BYTES + MMSGHDR.controlLength, LITTLE)
  }

  flags(index: number): number {
    return this.memory.getInt32(index * MMSGHDR_BYTES + MMSGHDR.flags, LITTLE)
  }

  /** The bytes that the kernel took or gave. */
  length(index: number): number {
    return this.memory.getUint32(index * MMSGHDR_BYTES + MMSGHDR.length, LITTLE)
  }

  /** The kernel leaves behind what it used of these two: they are set again before each receiving. */
  makeRoom(index: number): void {
    this.setNameLength(index, NAME_BYTES)
    this.setControlLength(index, this.#controlBytes)
  }

  setNameLength(index: number, bytes: number): void {
    this.memory.setUint32(index * MMSGHDR_BYTES + MMSGHDR.nameLength, bytes, LITTLE)
  }

  setControlLength(index: number, bytes: number): void {
    this.memory.setUint32(index * MMSGHDR_BYTES + MMSGHDR.controlLength, bytes, LITTLE)
  }

  /** How many iovecs, from `first` on, a message is put together from. */
  setVectors(index: number, first: number, count: number): void {
    const at = index * MMSGHDR_BYTES
    this.#point(at + MMSGHDR.vectors, this.#address + this.#vectorStart(first))
    this.memory.setUint32(at + MMSGHDR.vectorCount, count, LITTLE)
  }

  /** Points an iovec at the payload from `start` on. */
  setVector(index: number, start: number, bytes: number): void {
    this.#point(this.#vectorStart(index), this.#payloadAddress + start)
    this.setVectorLength(index, bytes)
  }

  setVectorLength(index: number, bytes: number): void {
    this.memory.setUint32(this.#vectorStart(index) + 8, bytes, LITTLE)
  }

  /** Points an iovec where that of another points. The caller keeps a reference to the other's `held`. */
  borrowVector(index: number, from: MessageHeaders, fromIndex: number, bytes: number): void {
    const at = this.#vectorStart(index)
    copyPointer(from.memory, from.#vectorStart(fromIndex), this.memory, at)
    this.setVectorLength(index, bytes)
  }

  /** Points the address of a message at that of another's. */
  borrowName(index: number, from: MessageHeaders, fromIndex: number): void {
    const at = index * MMSGHDR_BYTES
    copyPointer(from.memory, fromIndex * MMSGHDR_BYTES + MMSGHDR.name, this.memory, at)
    this.setNameLength(index, from.nameLength(fromIndex))
  }

  /** Points the address of a message at its own room again, and writes it. */
  setName(index: number, encoded: Uint8Array): void {
    const start = this.nameStart(index)
    this.#point(index * MMSGHDR_BYTES + MMSGHDR.name, this.#address + start)
    for (let byte = 0; byte < encoded.length; byte += 1)
      this.memory.setUint8(start + byte, encoded[byte] ?? 0)
    this.setNameLength(index, encoded.length)
  }

  #connect(index: number): void {
    const at = index * MMSGHDR_BYTES
    this.#point(at + MMSGHDR.name, this.#address + this.nameStart(index))
    this.#point(at + MMSGHDR.control, this.#address + this.controlStart(index))
    this.setVectors(index, index, 1)
  }

  #vectorStart(index: number): number {
    return this.count * MMSGHDR_BYTES + index * IOVEC_BYTES
  }

  /** As two words: a bigint would be allocated. */
  #point(at: number, address: number): void {
    this.memory.setUint32(at, address % 2 ** 32, LITTLE)
    this.memory.setUint32(at + 4, Math.floor(address / 2 ** 32), LITTLE)
  }
}

function copyPointer(from: DataView, offset: number, to: DataView, at: number): void {
  to.setInt32(at, from.getInt32(offset, LITTLE), LITTLE)
  to.setInt32(at + 4, from.getInt32(offset + 4, LITTLE), LITTLE)
}
