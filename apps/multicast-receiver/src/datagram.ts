import { bytesToPresentation } from '@sockyard/posix/presentation'
import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'
import type { GroupDatagramSource, GroupMembership } from '@sockyard/service/membership'

import type { Moment } from './one-way-micros.ts'

/** Whose datagram it is: as text, and in a batch also as the words of the address and its scope. */
export interface Source {
  readonly text: string
  readonly words: Int32Array
}

/** One datagram, as it is counted and shown. Only `source`, `bytes` and `received` may allocate. */
export interface Datagram {
  readonly group: string
  /** By which it came in. */
  readonly interface: string
  readonly sizeBytes: number
  readonly sourcePort: number
  /** TTL or hop limit as it arrived; undefined when it is not known, as is the next. */
  readonly ttl: number | undefined
  /** Dropped on this socket before it, for want of buffer. */
  readonly kernelDrops: number | undefined
  /** Whether it came from there. */
  isFrom(source: Source): boolean
  source(): Source
  /** 32 bits in network order. @throws {RangeError} beyond its end */
  word(offset: number): number
  bytes(): Buffer
  /** When the kernel received it. */
  received(): Moment
}

/** Of node:dgram. */
export class SingleDatagram implements Datagram {
  readonly #bytes: Buffer
  readonly #from: GroupDatagramSource
  readonly ttl = undefined
  readonly kernelDrops = undefined

  constructor(bytes: Buffer, from: GroupDatagramSource) {
    this.#bytes = bytes
    this.#from = from
  }

  get group(): string {
    return this.#from.group
  }

  get interface(): string {
    return this.#from.interface
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }

  get sourcePort(): number {
    return this.#from.port
  }

  isFrom({ text }: Source): boolean {
    return text === this.#from.address
  }

  source(): Source {
    return { text: this.#from.address, words: new Int32Array(0) }
  }

  word(offset: number): number {
    return this.#bytes.readUInt32BE(offset)
  }

  bytes(): Buffer {
    return this.#bytes
  }

  received(): Moment {
    const { receivedAt } = this.#from
    return {
      seconds: Number(receivedAt / 1_000_000_000n),
      nanos: Number(receivedAt % 1_000_000_000n),
    }
  }
}

const SCOPE = 4

/** One after the other of a batch: the same object for all. */
export class BatchDatagram implements Datagram {
  readonly #received: ReceivedDatagrams
  readonly #place: GroupMembership
  readonly #moment = { seconds: 0, nanos: 0 }
  /** Which one it is now. */
  index = 0

  constructor(received: ReceivedDatagrams, place: GroupMembership) {
    this.#received = received
    this.#place = place
  }

  get group(): string {
    return this.#place.group
  }

  get interface(): string {
    return this.#place.interface
  }

  get sizeBytes(): number {
    return this.#received.length(this.index)
  }

  get sourcePort(): number {
    return this.#received.sourcePort(this.index)
  }

  get ttl(): number {
    return this.#received.hopLimit(this.index)
  }

  get kernelDrops(): number {
    return this.#received.kernelDrops(this.index)
  }

  isFrom({ words }: Source): boolean {
    // The last word is the one that differs most often.
    for (let word = 3; word >= 0; word -= 1)
      if (words[word] !== this.#received.sourceWord(this.index, word)) return false
    return words[SCOPE] === this.#received.sourceScope(this.index)
  }

  source(): Source {
    const scope = this.#received.sourceScope(this.index)
    const words = new Int32Array(SCOPE + 1)
    for (let word = 0; word < SCOPE; word += 1)
      words[word] = this.#received.sourceWord(this.index, word)
    words[SCOPE] = scope
    const { bytes } = this.#received.source(this.index) ?? { bytes: new Uint8Array(4) }
    const zone = scope === 0 ? '' : `%${this.#place.interface}`
    return { text: `${bytesToPresentation(bytes)}${zone}`, words }
  }

  word(offset: number): number {
    return this.#received.payloadWord(this.index, offset)
  }

  bytes(): Buffer {
    return this.#received.bytes(this.index)
  }

  received(): Moment {
    this.#moment.seconds = this.#received.timestampSeconds(this.index)
    this.#moment.nanos = this.#received.timestampNanosOfSecond(this.index)
    return this.#moment
  }
}
