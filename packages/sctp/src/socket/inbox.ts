import type { Message } from '../core/notification.ts'
import { Queue } from '../core/queue.ts'

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
