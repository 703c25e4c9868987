import type { Message } from '../association/notification.ts'
import type { ProtocolParameters } from '../association/protocol-parameters.ts'
import type { DataChunk, SackChunk } from '../wire/chunk.ts'
import { tsnPlus } from '../wire/serial-number.ts'
import { DeliveryQueue, OrderedDelivery } from './delivery.ts'
import { Reassembly } from './reassembly.ts'
import { HELD_CHUNK_BYTES, HELD_MESSAGE_BYTES, ReceiveAccount } from './received-data.ts'
import type { ReceiveTotal } from './received-data.ts'
import { ReceivedTsns } from './received-tsns.ts'

/** The most that a chunk costs beside its data. */
const CHUNK_COST_BYTES = HELD_CHUNK_BYTES + HELD_MESSAGE_BYTES

/** With its fragments' costs, this times its length is enough for a message in packets of the usual sizes. */
const MESSAGE_ROOM = 1.5

/**
 * What became of a DATA chunk.
 * - `dropped`: no room, or too far ahead; the peer will send it again
 * - `out-of-room`: there will never be room for the message that all others wait for
 */
export type Arrival =
  | { kind: 'accepted' | 'duplicate' | 'dropped' | 'out-of-room' }
  | { kind: 'invalid-stream' }
  | { kind: 'too-long' }
  | { kind: 'violation'; reason: string }

const ACCEPTED: Arrival = { kind: 'accepted' }
const DUPLICATE: Arrival = { kind: 'duplicate' }
const DROPPED: Arrival = { kind: 'dropped' }
const OUT_OF_ROOM: Arrival = { kind: 'out-of-room' }
const INVALID_STREAM: Arrival = { kind: 'invalid-stream' }

/** What an association receives with. */
export interface InboundOptions {
  /** The association's number. */
  association: number
  peerInitialTsn: number
  streams: number
  parameters: ProtocolParameters
  total: ReceiveTotal
  deliver: (message: Message) => void
}

/** All data that came from the peer and the application does not have yet. */
export class Inbound {
  readonly tsns: ReceivedTsns
  readonly streams: number
  readonly deliveryQueue: DeliveryQueue
  /** The window that the last SACK advertised. */
  advertisedWindow: number
  /** A chunk was dropped when so much was held. */
  #fullAt = Number.POSITIVE_INFINITY
  readonly #association: number
  readonly #parameters: ProtocolParameters
  readonly #account: ReceiveAccount
  readonly #reassembly: Reassembly
  readonly #ordered: OrderedDelivery

  constructor(options: InboundOptions) {
    const { association, peerInitialTsn, streams, parameters, total, deliver } = options
    this.#association = association
    this.tsns = new ReceivedTsns(peerInitialTsn)
    this.streams = streams
    this.#parameters = parameters
    this.advertisedWindow = parameters.receiveBufferBytes
    this.#account = new ReceiveAccount(total)
    this.#reassembly = new Reassembly(parameters.maximumMessageBytes, this.#account)
    this.deliveryQueue = new DeliveryQueue(this.#account, deliver)
    this.#ordered = new OrderedDelivery(streams, this.#account, (message) =>
      this.deliveryQueue.deliver(message),
    )
  }

  /** Bytes of memory that are held for the peer's data. */
  get heldBytes(): number {
    return this.#account.heldBytes
  }

  /**
   * Bytes the peer may still send (a_rwnd, RFC 9260 section 6.2): a chunk of so many is not dropped. After one was, it
   * is 0 until there is more room: the peer then knows that its retransmissions are probes of a closed window.
   */
  get window(): number {
    const { receiveBufferBytes } = this.#parameters
    if (this.heldBytes === 0) return receiveBufferBytes
    if (this.heldBytes >= this.#fullAt) return 0
    return Math.max(0, receiveBufferBytes - this.heldBytes - CHUNK_COST_BYTES)
  }

  /** Takes one DATA chunk with user data (RFC 9260 sections 6.2, 6.5, 6.6 and 6.9). */
  receive(chunk: DataChunk): Arrival {
    const state = this.tsns.classify(chunk.tsn)
    if (state === 'duplicate') {
      this.tsns.duplicate(chunk.tsn)
      return DUPLICATE
    }
    if (state === 'too-far') return DROPPED
    if (chunk.stream >= this.streams) {
      this.tsns.add(chunk.tsn)
      return INVALID_STREAM
    }
    const isWhole = chunk.beginning && chunk.ending
    const passes = isWhole && this.deliveryQueue.isOpen && this.#ordered.isDue(chunk)
    if (!passes && !this.#makeRoom(chunk)) return this.#withoutRoom(chunk)
    if (!passes) this.#fullAt = Number.POSITIVE_INFINITY
    this.tsns.add(chunk.tsn)
    if (!isWhole) return this.#fragment(chunk)
    this.#ordered.take(this.#message(chunk), chunk.tsn)
    return ACCEPTED
  }

  /**
   * Is there room for a chunk that has to be held? Where there is none, what lies beyond it is given up, the
   * highest TSN first: the peer sends it again (RFC 9260 section 6.2).
   */
  #makeRoom(chunk: DataChunk): boolean {
    const { receiveBufferBytes, maximumMessageBytes } = this.#parameters
    const cost = chunk.data.length + CHUNK_COST_BYTES
    while (this.heldBytes + cost > receiveBufferBytes) if (!this.#renegeHighest(chunk.tsn)) break
    if (this.heldBytes + cost <= receiveBufferBytes) return true
    // The message that all others wait for: without room for it nothing would ever be delivered again.
    const isFragment = !chunk.beginning || !chunk.ending
    const room = maximumMessageBytes * MESSAGE_ROOM
    return isFragment && this.#isAwaited(chunk) && this.heldBytes + cost <= room
  }

  #isAwaited({ tsn }: DataChunk): boolean {
    return tsn === tsnPlus(this.tsns.cumulative, 1) && this.deliveryQueue.isOpen
  }

  #withoutRoom(chunk: DataChunk): Arrival {
    if (this.#isAwaited(chunk)) return OUT_OF_ROOM
    this.#fullAt = this.heldBytes
    return DROPPED
  }

  /** Gives up what was received with the highest TSN, if that is beyond `tsn`. */
  #renegeHighest(tsn: number): boolean {
    const fragments = this.#reassembly.highestAfter(tsn)
    const early = this.#ordered.highestAfter(fragments?.last ?? tsn)
    if (early) this.#ordered.drop(early.message)
    else if (fragments) this.#reassembly.drop(fragments.first)
    const given = early ?? fragments
    if (given) this.tsns.remove(given)
    return given !== undefined
  }

  /** Gives up all that may be given up. Was there anything? */
  renege(): boolean {
    const before = this.heldBytes
    while (this.#renegeHighest(this.tsns.cumulative));
    return this.heldBytes < before
  }

  #fragment(chunk: DataChunk): Arrival {
    const result = this.#reassembly.add(chunk)
    if (result.kind === 'waiting') return ACCEPTED
    if (result.kind !== 'whole') return result
    this.#ordered.take(this.#message(result.message), result.message.lastTsn)
    return ACCEPTED
  }

  #message(first: Omit<Message, 'association'>): Message {
    return {
      association: this.#association,
      stream: first.stream,
      sequence: first.unordered ? 0 : first.sequence,
      tsn: first.tsn,
      protocolId: first.protocolId,
      unordered: first.unordered,
      data: first.data,
    }
  }

  /**
   * Has the window opened enough since the last SACK to tell the peer (RFC 9260 section 6.2, and
   * RFC 1122 section 4.2.3.3 against silly windows)?
   */
  get windowUpdateDue(): boolean {
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

  /** The association has ended: hands over what was kept, and holds nothing any more. */
  close(): void {
    this.deliveryQueue.deliverAll()
    this.release()
  }

  /** What is held does not count any more. */
  release(): void {
    this.#account.add(-this.heldBytes)
  }
}
