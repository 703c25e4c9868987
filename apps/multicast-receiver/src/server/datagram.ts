import { type GroupMembership, sourceText } from '@sockyard/net/multicast'
import type { ReceivedDatagrams } from '@sockyard/posix/datagram'

/** The source of a datagram: as text, and as the words of the address and its scope. */
export interface Source {
  readonly text: string
  readonly words: Int32Array
}

const SCOPE = 4

/** One datagram after the other of a batch: the same object for all. Only `source` and `bytes` allocate. */
export class Datagram {
  readonly #received: ReceivedDatagrams
  readonly #at: GroupMembership
  /** Its place in the batch. */
  index = 0

  constructor(received: ReceivedDatagrams, at: GroupMembership) {
    this.#received = received
    this.#at = at
  }

  get group(): string {
    return this.#at.group
  }

  /** By which it came in. */
  get interface(): string {
    return this.#at.interface
  }

  get sizeBytes(): number {
    return this.#received.length(this.index)
  }

  get sourcePort(): number {
    return this.#received.sourcePort(this.index)
  }

  /** TTL or hop limit as it arrived; undefined with node:dgram, which does not report it. */
  get ttl(): number | undefined {
    const hops = this.#received.hopLimit(this.index)
    return hops < 0 ? undefined : hops
  }

  /** Dropped on this socket before it, for want of buffer; undefined with node:dgram, which does not report it. */
  get kernelDrops(): number | undefined {
    return this.ttl === undefined ? undefined : this.#received.kernelDrops(this.index)
  }

  isFrom({ words }: Source): boolean {
    // The last word is the one that differs most often.
    for (let word = 3; word >= 0; word -= 1)
      if (words[word] !== this.#received.sourceWord(this.index, word)) return false
    return words[SCOPE] === this.#received.sourceScope(this.index)
  }

  source(): Source {
    const words = new Int32Array(SCOPE + 1)
    for (let word = 0; word < SCOPE; word += 1)
      words[word] = this.#received.sourceWord(this.index, word)
    words[SCOPE] = this.#received.sourceScope(this.index)
    return { text: sourceText(this.#received, this.index, this.#at.interface), words }
  }

  /** 32 bits in network order. @throws {RangeError} beyond its end */
  word(offset: number): number {
    return this.#received.payloadWord(this.index, offset)
  }

  bytes(): Buffer {
    return this.#received.bytes(this.index)
  }

  /**
   * Microseconds from the sending to the reception by the kernel, to the nanosecond.
   *
   * @param sentAt where its time of sending stands, 64 bits of nanoseconds since 1970
   */
  delayMicros(sentAt: number): number {
    const seconds = this.#received.timestampSeconds(this.index)
    const nanos = this.#received.timestampNanosOfSecond(this.index)
    return oneWayMicros(this.word(sentAt), this.word(sentAt + 4), { seconds, nanos })
  }
}

const WORD = 2 ** 32
const HALF = 2 ** 16

/**
 * Microseconds from the sending to the reception without a bigint: nanoseconds since 1970 take more bits than a
 * number has, so that the larger parts are subtracted first.
 *
 * @param sentHigh @param sentLow the 64 bits of nanoseconds since 1970, as two words
 * @param received since 1970; nanos 0 to 999,999,999
 */
export function oneWayMicros(
  sentHigh: number,
  sentLow: number,
  received: { seconds: number; nanos: number },
): number {
  const upper = Math.floor(received.seconds / HALF) * 1e9 - sentHigh * (WORD / HALF)
  const lower = (received.seconds % HALF) * 1e9 + received.nanos - sentLow
  return (upper * HALF + lower) / 1_000
}
