import type { Message } from '../association/notification.ts'
import { Queue } from '../transmission/queue.ts'
import { ownBytes } from '../wire/bytes.ts'
import { nextSequence, sequenceBefore, tsnBefore } from '../wire/serial-number.ts'
import { HELD_MESSAGE_BYTES } from './received-data.ts'
import type { ReceiveAccount, TsnRange } from './received-data.ts'

/** A message that waits for an earlier one of its stream. */
interface EarlyMessage extends TsnRange {
  message: Message
}

/** Delivers a stream's ordered messages by their sequence numbers (RFC 9260 section 6.6). */
export class OrderedDelivery {
  /** The next sequence number of each stream. */
  readonly #next: Uint16Array
  /** By stream and sequence number. */
  readonly #early = new Map<number, EarlyMessage>()
  readonly #account: ReceiveAccount
  readonly #deliver: (message: Message) => void

  constructor(streams: number, account: ReceiveAccount, deliver: (message: Message) => void) {
    this.#next = new Uint16Array(streams)
    this.#account = account
    this.#deliver = deliver
  }

  /** Is it the message that its stream waits for, or one of none? */
  isDue({
    unordered,
    stream,
    sequence,
  }: Pick<Message, 'unordered' | 'stream' | 'sequence'>): boolean {
    return unordered || sequence === this.#next[stream]
  }

  /** Delivers a message of the TSNs up to `last`, or keeps it until those before it have come. */
  take(message: Message, last: number): void {
    if (!this.isDue(message)) return this.#keep(message, last)
    this.#deliver(message)
    if (!message.unordered) this.#deliverFollowing(message)
  }

  #deliverFollowing({ stream, sequence }: Message): void {
    let next = nextSequence(sequence)
    this.#next[stream] = next
    if (this.#early.size === 0) return
    for (let early = this.#takeEarly(stream, next); early; early = this.#takeEarly(stream, next)) {
      next = nextSequence(next)
      this.#next[stream] = next
      this.#deliver(early.message)
    }
  }

  /** A sequence number that was delivered already, or is kept already, is the peer's mistake. */
  #keep(message: Message, last: number): void {
    const { stream, sequence } = message
    if (
      sequenceBefore(sequence, this.#next[stream] ?? 0) ||
      this.#early.has(keyOf(stream, sequence))
    )
      return
    const data = ownBytes(message.data)
    const early = { message: { ...message, data }, first: message.tsn, last }
    this.#early.set(keyOf(stream, sequence), early)
    this.#account.add(costOf(message))
  }

  #takeEarly(stream: number, sequence: number): EarlyMessage | undefined {
    const key = keyOf(stream, sequence)
    const early = this.#early.get(key)
    if (!early) return undefined
    this.#early.delete(key)
    this.#account.add(-costOf(early.message))
    return early
  }

  /** The message with the highest TSNs, if it is beyond `tsn`. */
  highestAfter(tsn: number): (TsnRange & { message: Message }) | undefined {
    let highest: EarlyMessage | undefined
    for (const early of this.#early.values())
      if (tsnBefore(highest?.last ?? tsn, early.first)) highest = early
    return highest
  }

  /** Gives a message up that is kept. */
  drop({ stream, sequence }: Message): void {
    this.#takeEarly(stream, sequence)
  }
}

const keyOf = (stream: number, sequence: number): number => stream * 0x1_0000 + sequence

const costOf = ({ data }: Message): number => data.length + HELD_MESSAGE_BYTES

/** Messages between the association and its user, which may not accept them yet. */
export class DeliveryQueue {
  /** While true, messages are kept, and fill the window, instead of being handed over as they come. */
  paused = false
  readonly #messages = new Queue<Message>()
  readonly #account: ReceiveAccount
  readonly #deliver: (message: Message) => void

  constructor(account: ReceiveAccount, deliver: (message: Message) => void) {
    this.#account = account
    this.#deliver = deliver
  }

  get count(): number {
    return this.#messages.length
  }

  /** Does a message that comes now go to the user at once? */
  get isOpen(): boolean {
    return !this.paused && this.count === 0
  }

  /** Hands a message over, or keeps it behind those that are kept already. */
  deliver(message: Message): void {
    if (this.isOpen) this.#deliver(message)
    else this.#keep(message)
  }

  #keep(message: Message): void {
    this.#messages.push({ ...message, data: ownBytes(message.data) })
    this.#account.add(costOf(message))
  }

  /** Hands over what was kept, until there is no more or the user pauses again. */
  resume(): void {
    this.paused = false
    while (!this.paused) {
      const message = this.#take()
      if (!message) return
      this.#deliver(message)
    }
  }

  /** Hands over all that was kept, paused or not: the association ends. */
  deliverAll(): void {
    for (let message = this.#take(); message; message = this.#take()) this.#deliver(message)
  }

  /** Takes over what an earlier incarnation of the association had not handed over. */
  adoptFrom(earlier: DeliveryQueue): void {
    for (let message = earlier.#take(); message; message = earlier.#take()) this.#keep(message)
  }

  #take(): Message | undefined {
    const message = this.#messages.shift()
    if (message) this.#account.add(-costOf(message))
    return message
  }
}
