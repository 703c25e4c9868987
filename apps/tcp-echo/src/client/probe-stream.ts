import { ECHO_HEADER_BYTES, encodeEchoProbeInto, fillPattern } from '@sockyard/protocol/echo'

interface Expected {
  sequence: number
  /** Nanoseconds since 1970. */
  sentAt: bigint
}

/** A reply is whole: whether each of its bytes is the one that was sent. */
type OnReply = (sequence: number, isRight: boolean) => void

export interface ProbeStreamOptions {
  /** u32, different for each connection. */
  session: number
  /** Bytes of each probe, 1 or more; below {@link ECHO_HEADER_BYTES} it is pattern only. */
  size: number
  onReply: OnReply
  /** Unsolicited bytes were received. */
  onUnexpected: () => void
}

/**
 * What goes out on one connection and has to come back. TCP keeps the order, so the reply to a probe
 * is the bytes at its place in the stream, whatever they say; they are compared with the very probe.
 */
export class ProbeStream {
  readonly #options: ProbeStreamOptions
  readonly #expected = new Fifo<Expected>()
  /** The probe that is expected now, built again to compare with. */
  readonly #probe: Uint8Array
  #filled = 0
  #isRight = true

  constructor(options: ProbeStreamOptions) {
    this.#options = options
    this.#probe = new Uint8Array(options.size)
  }

  /** Probes whose reply is not whole yet. */
  get unanswered(): number {
    return this.#expected.length
  }

  /** The bytes of the next probe, from now on expected back. */
  send(sequence: number, sentAt: bigint): Uint8Array {
    const probe = { sequence, sentAt }
    if (this.#expected.length === 0) this.#build(probe, this.#probe)
    this.#expected.push(probe)
    return this.#build(probe, new Uint8Array(this.#options.size))
  }

  /** Takes what came in, in pieces of any size. */
  receive(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.length > 0 && this.#expected.length > 0) rest = this.#take(rest)
    if (rest.length > 0) this.#options.onUnexpected()
  }

  /** The connection is gone. Gives the probes whose reply never comes, the oldest first. */
  abandon(): number[] {
    const abandoned = this.#expected.takeAll().map(({ sequence }) => sequence)
    this.#startReply()
    return abandoned
  }

  #take(chunk: Uint8Array): Uint8Array {
    const wanted = this.#probe.subarray(this.#filled, this.#filled + chunk.length)
    const piece = chunk.subarray(0, wanted.length)
    if (Buffer.compare(piece, wanted) !== 0) this.#isRight = false
    this.#filled += piece.length
    if (this.#filled === this.#probe.length) this.#finishReply()
    return chunk.subarray(piece.length)
  }

  #finishReply(): void {
    const answered = this.#expected.shift()
    const isRight = this.#isRight
    this.#startReply()
    if (answered !== undefined) this.#options.onReply(answered.sequence, isRight)
  }

  #startReply(): void {
    this.#filled = 0
    this.#isRight = true
    const next = this.#expected.first
    if (next !== undefined) this.#build(next, this.#probe)
  }

  #build({ sequence, sentAt }: Expected, bytes: Uint8Array): Uint8Array {
    const { session } = this.#options
    if (bytes.length >= ECHO_HEADER_BYTES)
      return encodeEchoProbeInto({ session, sequence, sentAt }, bytes)
    fillPattern(bytes, session + sequence)
    return bytes
  }
}

const SHRINK_ABOVE = 1024

/** A queue whose ends cost the same however long it is (`Array.prototype.shift` does not). */
export class Fifo<Item> {
  #items: Item[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** The oldest, undefined when there is none. */
  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes the oldest out. */
  shift(): Item | undefined {
    const item = this.first
    if (this.length > 0) this.#head += 1
    if (this.#head > SHRINK_ABOVE && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Takes all out, the oldest first. */
  takeAll(): Item[] {
    const all = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    return all
  }
}
