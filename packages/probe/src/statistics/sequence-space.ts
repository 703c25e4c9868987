/** How sequence numbers of one width count on from each other. */
export interface SequenceSpace<Sequence> {
  /** How far `sequence` is ahead of `origin`, negative when behind, the short way round. */
  distance(sequence: Sequence, origin: Sequence): number
  /** The one that is `steps` further. */
  advance(origin: Sequence, steps: number): Sequence
}

/** 32 bits: 0 follows 4,294,967,295 (serial number arithmetic, RFC 1982). */
export const u32: SequenceSpace<number> = {
  distance: (sequence, origin) => (sequence - origin) | 0,
  advance: (origin, steps) => (origin + steps) >>> 0,
}

/** Places on a line, such as those of `U64Positions`: they do not wrap. */
export const line: SequenceSpace<number> = {
  distance: (sequence, origin) => sequence - origin,
  advance: (origin, steps) => origin + steps,
}

/** As far as numbers are exact, and some bits less. */
const FAR = 2 ** 52

/**
 * Puts 64-bit sequence numbers, read as two words of 32 bits, on a line from the first one on, so that they can be
 * tracked without a bigint for each: exact within 2^52 of the first, also where they wrap. What is further away
 * keeps only its lower word, and so its distance to others that are far away.
 */
export class U64Positions {
  #high = 0
  #low = 0
  #isKnown = false

  /** @param high @param low each 0 to 2^32 - 1 */
  of(high: number, low: number): number {
    if (!this.#isKnown) this.#begin(high, low)
    const position = ((high - this.#high) | 0) * 2 ** 32 + (low - this.#low)
    return Math.abs(position) < FAR ? position : FAR + low
  }

  /** The next one is the first. */
  reset(): void {
    this.#isKnown = false
  }

  #begin(high: number, low: number): void {
    this.#high = high
    this.#low = low
    this.#isKnown = true
  }
}
