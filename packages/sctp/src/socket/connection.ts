import type { Message, Notification } from '../association/notification.ts'
import type { OutgoingMessage } from '../transmission/outgoing-chunk.ts'
import { Queue } from '../transmission/queue.ts'
import { waitForNotification, type Endpoint } from './endpoint.ts'

/** What is known of a connection once it is up. */
export type ConnectionInfo = Extract<Notification, { type: 'association-up' }>

/**
 * One association as its own object (as SOCK_STREAM of RFC 6458 section 4). Iterate over it to
 * receive: the loop ends when the peer has ended, and throws when the association is lost.
 */
export class Connection implements AsyncIterable<Message> {
  readonly info: ConnectionInfo
  readonly #endpoint: Endpoint
  readonly #inbox: Inbox
  readonly #onEnd: () => Promise<void>
  #full = false

  /** @internal made by `connect` and by a `Listener` */
  constructor(endpoint: Endpoint, info: ConnectionInfo, onEnd: () => Promise<void>) {
    this.#endpoint = endpoint
    this.info = info
    this.#onEnd = onEnd
    const { association } = info
    this.#inbox = new Inbox({
      pause: () => endpoint.pause(association),
      resume: () => endpoint.resume(association),
    })
  }

  /** @internal */
  receive(message: Message): void {
    this.#inbox.push(message)
  }

  /** @internal */
  take(notification: Notification): void {
    if (notification.type === 'drain') this.#full = false
    else if (notification.type === 'shutdown-complete') this.#inbox.end()
    else if (notification.type === 'association-lost') this.#inbox.fail(notification.error)
  }

  /**
   * Sends a message; waits while the send buffer is full. The bytes are copied.
   * @throws {AssociationError} when the connection has ended, or is lost meanwhile
   * @throws {RangeError} when there is no such stream, or the data are empty or too long
   * @throws the signal's reason when it is aborted before the message is taken
   */
  async send(message: OutgoingMessage, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { association } = this.info
    while (this.#full) await waitForNotification(this.#endpoint, association, 'drain', signal)
    this.#full = !this.#endpoint.send({ ...message, association })
  }

  /** The messages as they come; one loop at a time. */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return { next: () => this.#inbox.next() }
  }

  /**
   * Ends the connection once the peer has all that was sent; aborts it when `signal` is aborted.
   * @throws {AssociationError} when it is lost before
   */
  async close(signal?: AbortSignal): Promise<void> {
    try {
      const { association } = this.info
      if (this.#endpoint.status(association)) await this.#endpoint.shutdown(association, signal)
    } finally {
      this.abort('closed')
      await this.#onEnd()
    }
  }

  /** Ends the connection at once; the peer is told the reason. */
  abort(reason = ''): void {
    this.#endpoint.abort(this.info.association, reason)
  }

  /** State, windows and addresses; undefined once it has ended. */
  status(): ReturnType<Endpoint['status']> {
    return this.#endpoint.status(this.info.association)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(AbortSignal.timeout(2000)).catch(() => undefined)
  }
}

/** Beyond this the association keeps the messages, and its window closes. */
const HIGH_WATER_BYTES = 64 * 1024

/** Messages on their way from an association to a loop that takes them one by one. */
export class Inbox {
  readonly #messages = new Queue<Message>()
  #bytes = 0
  #paused = false
  #end: { error: Error | undefined } | undefined
  #wake: (() => void) | undefined
  readonly #flow: { pause: () => void; resume: () => void }

  constructor(flow: { pause: () => void; resume: () => void }) {
    this.#flow = flow
  }

  push(message: Message): void {
    this.#messages.push(message)
    this.#bytes += message.data.length
    if (this.#bytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true
      this.#flow.pause()
    }
    this.#wake?.()
  }

  /** Nothing more comes. */
  end(): void {
    this.#end ??= { error: undefined }
    this.#wake?.()
  }

  /** Nothing more comes, because of `error`. */
  fail(error: Error): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  /** @throws the error of `fail`, once, after the last message */
  async next(): Promise<IteratorResult<Message, undefined>> {
    for (;;) {
      const message = this.#take()
      if (message) return { done: false, value: message }
      if (this.#end) return this.#finish(this.#end)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #take(): Message | undefined {
    const message = this.#messages.shift()
    this.#bytes -= message?.data.length ?? 0
    if (this.#paused && this.#bytes < HIGH_WATER_BYTES / 2) {
      this.#paused = false
      this.#flow.resume()
    }
    return message
  }

  #finish(end: { error: Error | undefined }): IteratorResult<Message, undefined> {
    const { error } = end
    this.#end = { error: undefined }
    if (error) throw error
    return { done: true, value: undefined }
  }
}
