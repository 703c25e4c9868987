import type { Message } from './notification.ts'
import { ownBytes } from './own-bytes.ts'
import { Queue } from './queue.ts'

/** Messages between the association and its user, who may not want them for now. */
export class Unread {
  /** While true, messages are kept, and fill the window, instead of being handed over as they come. */
  paused = false
  bufferedBytes = 0
  readonly #messages = new Queue<Message>()
  readonly #handOver: (message: Message) => void

  constructor(handOver: (message: Message) => void) {
    this.#handOver = handOver
  }

  get count(): number {
    return this.#messages.length
  }

  /** Hands a message over, or keeps it behind those that are kept already. */
  deliver(message: Message): void {
    if (!this.paused && this.count === 0) this.#handOver(message)
    else this.#keep(message)
  }

  #keep(message: Message): void {
    this.#messages.push({ ...message, data: ownBytes(message.data) })
    this.bufferedBytes += message.data.length
  }

  /** Hands over what was kept, until there is no more or the user pauses again. */
  resume(): void {
    this.paused = false
    while (!this.paused) {
      const message = this.#take()
      if (!message) return
      this.#handOver(message)
    }
  }

  /** Hands over all that was kept, paused or not: the association ends. */
  handOverAll(): void {
    for (let message = this.#take(); message; message = this.#take()) this.#handOver(message)
  }

  /** Takes over what an earlier incarnation of the association had not handed over. */
  takeOver(earlier: Unread): void {
    for (let message = earlier.#take(); message; message = earlier.#take()) this.#keep(message)
  }

  #take(): Message | undefined {
    const message = this.#messages.shift()
    if (message) this.bufferedBytes -= message.data.length
    return message
  }
}
