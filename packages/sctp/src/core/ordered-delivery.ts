import { nextSequence, sequenceBefore } from '../wire/serial.ts'
import type { Message } from './notification.ts'
import { ownBytes } from './own-bytes.ts'

/** One inbound stream: the next sequence number to deliver, and what came too early. */
interface InboundStream {
  next: number
  early: Map<number, Message> | undefined
}

/** Delivers a stream's ordered messages by their sequence numbers (RFC 9260 section 6.6). */
export class OrderedDelivery {
  readonly #streams = new Map<number, InboundStream>()
  readonly #deliver: (message: Message) => void
  /** Bytes of messages that wait for an earlier one of their stream. */
  bufferedBytes = 0
  /** Messages that wait for an earlier one of their stream. */
  count = 0

  constructor(deliver: (message: Message) => void) {
    this.#deliver = deliver
  }

  /** Delivers a message, or keeps it until those before it have come. */
  take(message: Message): void {
    if (message.unordered) return this.#deliver(message)
    const stream = this.#stream(message.stream)
    if (message.sequence !== stream.next) return this.#keep(stream, message)
    stream.next = nextSequence(stream.next)
    this.#deliver(message)
    if (stream.early) this.#deliverEarly(stream, stream.early)
  }

  #stream(number: number): InboundStream {
    const known = this.#streams.get(number)
    if (known) return known
    const stream: InboundStream = { next: 0, early: undefined }
    this.#streams.set(number, stream)
    return stream
  }

  /** A sequence number that was delivered already, or is kept already, is the peer's mistake. */
  #keep(stream: InboundStream, message: Message): void {
    if (sequenceBefore(message.sequence, stream.next)) return
    stream.early ??= new Map()
    if (stream.early.has(message.sequence)) return
    stream.early.set(message.sequence, { ...message, data: ownBytes(message.data) })
    this.bufferedBytes += message.data.length
    this.count += 1
  }

  #deliverEarly(stream: InboundStream, early: Map<number, Message>): void {
    for (let message = early.get(stream.next); message; message = early.get(stream.next)) {
      early.delete(message.sequence)
      this.bufferedBytes -= message.data.length
      this.count -= 1
      stream.next = nextSequence(stream.next)
      this.#deliver(message)
    }
    if (early.size === 0) stream.early = undefined
  }
}
