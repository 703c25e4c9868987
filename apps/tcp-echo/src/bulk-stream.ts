import { fillPattern, firstMismatch, PATTERN_PERIOD } from '@sockyard/protocol/echo'

/** Whole periods, so that the same block continues the pattern again and again; 256 KB. */
const BLOCK_BYTES = 4 * PATTERN_PERIOD

/** The stream of one bulk connection: what to send next, and whether what came back is the same. */
export class BulkStream {
  /** Taken out by `next`. */
  sentBytes = 0
  /** Came back at the right place. */
  rightBytes = 0
  /** Came back as another byte, or were never sent. */
  wrongBytes = 0
  /** Where in the stream the first wrong byte was; null when all were right. */
  firstWrongByte: number | null = null
  readonly #totalBytes: number
  readonly #offset: number
  readonly #block = new Uint8Array(BLOCK_BYTES)

  /**
   * @param totalBytes how much to send; Infinity for a stream without end
   * @param offset where in the pattern it begins: another one for each connection, so that bytes of one
   *   are wrong on another
   */
  constructor(totalBytes: number, offset: number) {
    this.#totalBytes = totalBytes
    this.#offset = offset
    fillPattern(this.#block, offset)
  }

  /** All that came back. */
  get receivedBytes(): number {
    return this.rightBytes + this.wrongBytes
  }

  /** What was sent and did not come back (yet). */
  get missingBytes(): number {
    return Math.max(0, this.sentBytes - this.receivedBytes)
  }

  /** The next block to send, not to be changed; undefined when all is sent. */
  next(): Uint8Array | undefined {
    const left = this.#totalBytes - this.sentBytes
    if (left <= 0) return undefined
    const block = left >= BLOCK_BYTES ? this.#block : this.#block.subarray(0, left)
    this.sentBytes += block.length
    return block
  }

  /** Compares what came back with what was sent. */
  receive(chunk: Uint8Array): void {
    const known = chunk.subarray(0, this.missingBytes)
    const start = this.receivedBytes
    const first = firstMismatch(known, this.#offset + start)
    const wrong = first === undefined ? 0 : this.#countWrong(known, start)
    this.rightBytes += known.length - wrong
    this.wrongBytes += wrong + chunk.length - known.length
    if (wrong > 0 || known.length < chunk.length)
      this.firstWrongByte ??= start + (first ?? known.length)
  }

  #countWrong(chunk: Uint8Array, start: number): number {
    const expected = new Uint8Array(chunk.length)
    fillPattern(expected, this.#offset + start)
    return chunk.reduce((wrong, byte, index) => (byte === expected[index] ? wrong : wrong + 1), 0)
  }
}
