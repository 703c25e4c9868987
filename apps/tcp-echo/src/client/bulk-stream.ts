import { toMicro } from '@sockyard/probe/statistics'
import { fillPattern, firstMismatch, PATTERN_PERIOD } from '@sockyard/protocol/echo'

/** Whole periods, so that the same block continues the pattern again and again; 256 KB. */
const BLOCK_BYTES = 4 * PATTERN_PERIOD

/** The stream of one bulk connection to an echo server: what to send next, and whether what came back is the same. */
export class BulkStream {
  /** Taken out by `next`. */
  sentBytes = 0
  /** Came back at the right place. */
  rightBytes = 0
  /** Came back as another byte, or were never sent. */
  wrongBytes = 0
  /** Called when more comes than was sent: a peer that goes on with that would never end. */
  onUnexpected: () => void = () => {}
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

  /** What a rate counts. */
  get movedBytes(): number {
    return this.rightBytes
  }

  /** The peer has read all and ended its direction. */
  confirm(): void {}

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
    if (known.length < chunk.length) this.onUnexpected()
  }

  #countWrong(chunk: Uint8Array, start: number): number {
    const expected = new Uint8Array(chunk.length)
    fillPattern(expected, this.#offset + start)
    return chunk.reduce((wrong, byte, index) => (byte === expected[index] ? wrong : wrong + 1), 0)
  }
}

/** One way up, to a discard server (RFC 863): its FIN after ours says that it has read everything. */
export class UploadStream extends BulkStream {
  #isConfirmed = false

  override get movedBytes(): number {
    return this.sentBytes
  }

  override get missingBytes(): number {
    return this.#isConfirmed ? 0 : this.sentBytes
  }

  override confirm(): void {
    this.#isConfirmed = true
  }

  override receive(chunk: Uint8Array): void {
    this.wrongBytes += chunk.length
    this.firstWrongByte ??= 0
    this.onUnexpected()
  }
}

/** One way down, from a chargen server (RFC 864), which may send what it likes: it is counted, not compared. */
export class DownloadStream extends BulkStream {
  /** Called when enough has come. */
  onComplete: () => void = () => {}
  readonly #wantedBytes: number

  /** @param wantedBytes how much to receive; Infinity for a stream without end */
  constructor(wantedBytes: number) {
    super(0, 0)
    this.#wantedBytes = wantedBytes
  }

  get isComplete(): boolean {
    return this.rightBytes >= this.#wantedBytes
  }

  override get missingBytes(): number {
    return 0
  }

  override receive(chunk: Uint8Array): void {
    this.rightBytes += chunk.length
    if (this.isComplete) this.onComplete()
  }
}

/** The sums over all streams, by interval and in all. */
export class BulkTotals {
  readonly #streams: readonly BulkStream[]
  readonly #startedAt: number
  #before: { at: number; sentBytes: number; receivedBytes: number; movedBytes: number }

  /** @param now milliseconds of `performance.now()`, here and below */
  constructor(streams: readonly BulkStream[], now = performance.now()) {
    this.#streams = streams
    this.#startedAt = now
    this.#before = { at: now, sentBytes: 0, receivedBytes: 0, movedBytes: 0 }
  }

  /** What moved since the last call; the next interval begins. */
  takeInterval(now = performance.now()) {
    const sentBytes = this.#sum((stream) => stream.sentBytes)
    const receivedBytes = this.#sum((stream) => stream.rightBytes)
    const movedBytes = this.#sum((stream) => stream.movedBytes)
    const before = this.#before
    this.#before = { at: now, sentBytes, receivedBytes, movedBytes }
    return {
      durationMillis: toMicro(now - before.at),
      sentBytes: sentBytes - before.sentBytes,
      receivedBytes: receivedBytes - before.receivedBytes,
      bytesPerSecond: perSecond(movedBytes - before.movedBytes, now - before.at),
    }
  }

  /** What moved on each stream since the beginning. */
  streams(now = performance.now()) {
    return this.#streams.map(
      ({ sentBytes, rightBytes, movedBytes, firstWrongByte }, connection) => ({
        connection,
        sentBytes,
        receivedBytes: rightBytes,
        bytesPerSecond: perSecond(movedBytes, now - this.#startedAt),
        firstWrongByte,
      }),
    )
  }

  /** Everything since the beginning, as `end` holds it. */
  total(now = performance.now()) {
    const durationMillis = now - this.#startedAt
    const movedBytes = this.#sum((stream) => stream.movedBytes)
    return {
      durationMillis: toMicro(durationMillis),
      sentBytes: this.#sum((stream) => stream.sentBytes),
      receivedBytes: this.#sum((stream) => stream.rightBytes),
      lostBytes: this.#sum((stream) => stream.missingBytes),
      malformedBytes: this.#sum((stream) => stream.wrongBytes),
      bytesPerSecond: perSecond(movedBytes, durationMillis),
    }
  }

  #sum(what: (stream: BulkStream) => number): number {
    return this.#streams.reduce((sum, stream) => sum + what(stream), 0)
  }
}

function perSecond(bytes: number, millis: number): number {
  return millis > 0 ? Math.round((bytes * 1000) / millis) : 0
}
