import { setTimeout as sleep } from 'node:timers/promises'

import type { Spool } from './spool.ts'

export interface OutboxOptions<Entry> {
  spool: Spool
  /** Fulfilled once the message is stored for good; the same id may come again. */
  publish: (id: string, payload: Uint8Array) => Promise<void>
  encode: (entries: readonly Entry[]) => Uint8Array
  /** Called when entries have waited for long, and again when none waits any more. */
  onWaiting: (isWaiting: boolean) => void
}

const RETRY_MILLIS = 100
const CLOSE_POLL_MILLIS = 10
/** Entries that are not in the spool yet get there after this. */
const SPOOL_MILLIS = 20
/** When nothing could be published for so long, what is added waits. */
const WAITING_MILLIS = 1_500
/** A message stays far below the megabyte that servers accept. */
const MESSAGE_BYTES = 128 * 1024

/**
 * Publishes entries in their order. One message is out at a time, and what comes meanwhile goes together in the next:
 * a message that has to be repeated is never overtaken. All of it passes the spool first.
 */
export class Outbox<Entry> {
  readonly #options: OutboxOptions<Entry>
  #entries: Entry[] = []
  #bytes = 0
  #spooling: NodeJS.Timeout | undefined
  #isPublishing = false
  #publishing = Promise.resolve()
  #isWaiting = false
  readonly #closed = new AbortController()

  constructor(options: OutboxOptions<Entry>) {
    this.#options = options
    this.#start()
  }

  /** @param bytes that the entry takes, about @returns false when the spool is full: the entry is not taken */
  add(entry: Entry, bytes: number): boolean {
    if (!this.#options.spool.hasRoom(this.#bytes + bytes)) return false
    this.#entries.push(entry)
    this.#bytes += bytes
    if (this.#bytes >= MESSAGE_BYTES) this.#spool()
    else this.#spooling ??= setTimeout(() => this.#spool(), SPOOL_MILLIS)
    if (!this.#isPublishing) setImmediate(() => this.#start())
    return true
  }

  /** Publishes what waits until `deadline`, and then no more; the rest stays in the spool. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#spool()
    while (this.#options.spool.count > 0 && !deadline.aborted) await sleep(CLOSE_POLL_MILLIS)
    this.#closed.abort()
    await this.#publishing
  }

  #spool(): void {
    clearTimeout(this.#spooling)
    this.#spooling = undefined
    if (this.#entries.length === 0) return
    this.#options.spool.add(this.#options.encode(this.#entries))
    this.#entries = []
    this.#bytes = 0
  }

  #start(): void {
    if (this.#isPublishing || this.#closed.signal.aborted) return
    this.#isPublishing = true
    this.#publishing = this.#publishAll()
  }

  async #publishAll(): Promise<void> {
    const waiting = setTimeout(() => this.#setWaiting(true), WAITING_MILLIS)
    while (!this.#closed.signal.aborted) {
      if (this.#options.spool.count === 0) this.#spool()
      if (this.#options.spool.count === 0) break
      if (await this.#publishFirst()) waiting.refresh()
    }
    clearTimeout(waiting)
    if (!this.#closed.signal.aborted) this.#setWaiting(false)
    this.#isPublishing = false
  }

  async #publishFirst(): Promise<boolean> {
    const { spool, publish } = this.#options
    const message = spool.first()
    if (message === undefined) return false
    try {
      await publish(message.id, message.payload)
      spool.removeFirst(message)
      return true
    } catch {
      await sleep(RETRY_MILLIS)
      return false
    }
  }

  #setWaiting(isWaiting: boolean): void {
    if (this.#isWaiting === isWaiting) return
    this.#isWaiting = isWaiting
    this.#options.onWaiting(isWaiting)
  }
}
