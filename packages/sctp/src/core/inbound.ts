import type { DataChunk, SackChunk } from '../wire/chunk.ts'
import type { Message } from './notification.ts'
import { OrderedDelivery } from './ordered-delivery.ts'
import { ownBytes } from './own-bytes.ts'
import type { ProtocolParameters } from './protocol-parameters.ts'
import { Reassembly } from './reassembly.ts'
import { ReceivedTsns } from './received-tsns.ts'
import { Unread } from './unread.ts'

/** What each kept chunk costs beside its data, so that many tiny chunks cannot outgrow the buffer. */
const CHUNK_OVERHEAD_BYTES = 64

/**
 * What became of a DATA chunk.
 * `dropped`: no room, or too far ahead; the peer will send it again.
 */
export type Arrival =
  | { kind: 'accepted' | 'duplicate' | 'dropped' }
  | { kind: 'invalid-stream' }
  | { kind: 'too-long' }
  | { kind: 'violation'; reason: string }

const ACCEPTED: Arrival = { kind: 'accepted' }
const DUPLICATE: Arrival = { kind: 'duplicate' }
const DROPPED: Arrival = { kind: 'dropped' }
const INVALID_STREAM: Arrival = { kind: 'invalid-stream' }

/** All data that came from the peer and the application does not have yet. */
export class Inbound {
  readonly tsns: ReceivedTsns
  readonly streams: number
  readonly unread: Unread
  /** The window that the last SACK advertised. */
  advertisedWindow: number
  readonly #association: number
  readonly #parameters: ProtocolParameters
  readonly #reassembly: Reassembly
  readonly #ordered: OrderedDelivery

  constructor(
    association: number,
    initialTsn: number,
    streams: number,
    parameters: ProtocolParameters,
    handOver: (message: Message) => void,
  ) {
    this.#association = association
    this.tsns = new ReceivedTsns(initialTsn)
    this.streams = streams
    this.#parameters = parameters
    this.advertisedWindow = parameters.receiveBufferBytes
    this.#reassembly = new Reassembly(parameters.maximumMessageBytes)
    this.unread = new Unread(handOver)
    this.#ordered = new OrderedDelivery((message) => this.unread.deliver(message))
  }

  /** Bytes the peer may still send (a_rwnd, RFC 9260 section 6.2). */
  get window(): number {
    let room = this.#parameters.receiveBufferBytes
    for (const { bufferedBytes, count } of [this.#reassembly, this.#ordered, this.unread]) {
      room -= bufferedBytes + count * CHUNK_OVERHEAD_BYTES
    }
    return Math.max(0, room)
  }

  /** Takes one DATA chunk with user data (RFC 9260 sections 6.2, 6.5, 6.6 and 6.9). */
  receive(chunk: DataChunk): Arrival {
    const judged = this.tsns.judge(chunk.tsn)
    if (judged === 'duplicate') {
      this.tsns.duplicate(chunk.tsn)
      return DUPLICATE
    }
    if (judged === 'too-far' || this.#isFull(chunk)) return DROPPED
    this.tsns.add(chunk.tsn)
    if (chunk.stream >= this.streams) return INVALID_STREAM
    if (!chunk.beginning || !chunk.ending) return this.#fragment(chunk)
    this.#ordered.take(this.#message(chunk, chunk.data))
    return ACCEPTED
  }

  /** Full, unless the chunk fills a gap: without it nothing behind it could ever be read (6.2). */
  #isFull(chunk: DataChunk): boolean {
    return this.window === 0 && !this.tsns.fillsGap(chunk.tsn)
  }

  #fragment(chunk: DataChunk): Arrival {
    const result = this.#reassembly.add({ ...chunk, data: ownBytes(chunk.data) })
    if (result.kind === 'waiting') return ACCEPTED
    if (result.kind !== 'whole') return result
    const [first = chunk] = result.fragments
    this.#ordered.take(this.#message(first, join(result.fragments)))
    return ACCEPTED
  }

  #message(first: DataChunk, data: Uint8Array): Message {
    return {
      association: this.#association,
      stream: first.stream,
      sequence: first.unordered ? 0 : first.sequence,
      tsn: first.tsn,
      protocolId: first.protocolId,
      unordered: first.unordered,
      data,
    }
  }

  /**
   * Has the window opened enough since the last SACK to tell the peer (RFC 9260 section 6.2, and
   * RFC 1122 section 4.2.3.3 against silly windows)?
   */
  get owesWindowUpdate(): boolean {
    const half = this.#parameters.receiveBufferBytes / 2
    return this.advertisedWindow < half && this.window - this.advertisedWindow >= half / 2
  }

  /** A SACK of all that has arrived, with at most `maximumGaps` gap blocks (RFC 9260 section 3.3.4). */
  sack(maximumGaps: number): SackChunk {
    this.advertisedWindow = this.window
    const gaps = this.tsns.gapBlocks(maximumGaps)
    return {
      kind: 'sack',
      cumulativeTsn: this.tsns.cumulative,
      window: this.advertisedWindow,
      gaps,
      duplicates: this.tsns.takeDuplicates().slice(0, maximumGaps - gaps.length),
    }
  }
}

function join(fragments: readonly DataChunk[]): Uint8Array {
  const whole = new Uint8Array(fragments.reduce((sum, { data }) => sum + data.length, 0))
  let at = 0
  for (const { data } of fragments) {
    whole.set(data, at)
    at += data.length
  }
  return whole
}
