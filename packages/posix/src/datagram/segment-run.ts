import type { ReceivedDatagrams } from './received-datagrams.ts'

/** udp(7): what the kernel takes as one message (UDP_MAX_SEGMENTS is 64 in older kernels). */
const MOST_SEGMENTS = 64
const MOST_BYTES = 65_000
/** Datagrams that would not fit through Ethernet are not joined: an interface refuses longer segments. */
const LONGEST_SEGMENT_BYTES = 1_452

/** Which datagrams of a batch go to the kernel together: bookkeeping of numbers, apart from the structs. */
export class SegmentRun {
  /** Per message: its first datagram, how many it has, and the bytes of control messages without segments. */
  readonly first: Int32Array
  readonly datagrams: Int32Array
  readonly controlBytes: Int32Array
  /** Whether any are joined. */
  segments: boolean
  #segmentBytes = 0
  #bytes = 0
  #isReply = false
  #target: Uint8Array | undefined
  /** Source port, source, destination, scope. */
  readonly #way = new Int32Array(10)

  constructor(capacity: number, segments: boolean) {
    this.first = new Int32Array(capacity)
    this.datagrams = new Int32Array(capacity)
    this.controlBytes = new Int32Array(capacity)
    this.segments = segments
  }

  /** The length of every datagram but the last of the current message. */
  get segmentBytes(): number {
    return this.#segmentBytes
  }

  begin(message: number, vector: number, bytes: number): void {
    this.first[message] = vector
    this.datagrams[message] = 1
    this.#segmentBytes = this.segments && bytes <= LONGEST_SEGMENT_BYTES ? bytes : 0
    this.#bytes = bytes
  }

  /** Whether a datagram goes with the current message; a shorter one is its last. */
  extend(message: number, bytes: number): boolean {
    const datagrams = this.datagrams[message] ?? 0
    if (bytes === 0 || bytes > this.#segmentBytes || this.#bytes + bytes > MOST_BYTES) return false
    if (datagrams === MOST_SEGMENTS || this.#bytes !== datagrams * this.#segmentBytes) return false
    this.datagrams[message] = datagrams + 1
    this.#bytes += bytes
    return true
  }

  /** Whether a reply goes to the same place, from the same address, as the one that was kept. */
  sameWay(received: ReceivedDatagrams, index: number): boolean {
    const way = this.#way
    if (!this.#isReply || way[0] !== received.sourcePort(index)) return false
    for (let word = 0; word < 4; word += 1) {
      if (way[1 + word] !== received.sourceWord(index, word)) return false
      if (way[5 + word] !== received.destinationWord(index, word)) return false
    }
    return way[9] === received.sourceScope(index)
  }

  keepWay(received: ReceivedDatagrams, index: number): void {
    const way = this.#way
    this.#isReply = true
    way[0] = received.sourcePort(index)
    for (let word = 0; word < 4; word += 1) {
      way[1 + word] = received.sourceWord(index, word)
      way[5 + word] = received.destinationWord(index, word)
    }
    way[9] = received.sourceScope(index)
  }

  /** Whether the address is the very object that was kept. */
  sameTarget(to: Uint8Array | undefined): boolean {
    return !this.#isReply && this.#target === to
  }

  keepTarget(to: Uint8Array | undefined): void {
    this.#isReply = false
    this.#target = to
  }

  /** The next datagram begins a message. */
  forget(): void {
    this.#isReply = false
    this.#target = undefined
    this.#segmentBytes = 0
  }
}
