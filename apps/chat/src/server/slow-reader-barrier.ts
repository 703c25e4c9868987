import type { ClientWriter } from './client-writer.ts'

/** A slow reader is waited for as long as it takes so much in each window: half a megabit a second. */
const WINDOW_MILLIS = 1_000
const MINIMUM_WINDOW_BYTES = 64 * 1024
/** For readers that take less, speakers wait a tenth of the time at most, and no longer than a window at once. */
const IDLE_SHARE = 0.1
const POLL_MILLIS = 50

/** A slow reader that the speakers wait for. */
interface Window {
  begunAt: number
  /** What the kernel had taken for it by then. */
  bytesSent: number
}

/**
 * Back-pressure that no reader can abuse. While a client has much unread, speakers wait until it has read that: they
 * speak at the pace of the slowest reader that reads, so that a paste overruns no client. One that reads nothing, or
 * next to nothing, is soon not waited for any more, until it has read everything.
 */
export class SlowReaderBarrier {
  /** The speakers wait for these. */
  readonly #catchingUp = new Map<ClientWriter, Window>()
  /** These did not catch up in time. */
  readonly #lagging = new Set<ClientWriter>()
  /** The speakers that wait, and what each does next. */
  readonly #waiting = new Map<ClientWriter, () => void>()
  readonly #waitBudget = new WaitBudget()
  #timer: NodeJS.Timeout | undefined

  /** Whether a client may speak now. */
  get isOpen(): boolean {
    return this.#catchingUp.size === 0
  }

  /** To be called after each write to `client`. */
  sent(client: ClientWriter, now: number): void {
    if (!client.isSlow || this.#lagging.has(client) || this.#catchingUp.has(client)) return
    this.#catchingUp.set(client, windowOf(client, now))
    client.onceDrained(() => this.#caughtUp(client))
    this.#timer ??= setInterval(() => this.#poll(performance.now()), POLL_MILLIS)
  }

  /** Nothing is read from `speaker` until every reader has caught up; then `speak` is called. */
  wait(speaker: ClientWriter, speak: () => void): void {
    this.#waiting.set(speaker, speak)
    speaker.hold('catching-up')
  }

  /** The connection of `client` is closed. */
  forget(client: ClientWriter): void {
    this.#waiting.delete(client)
    this.#caughtUp(client)
  }

  #caughtUp(client: ClientWriter): void {
    this.#lagging.delete(client)
    if (this.#catchingUp.delete(client) && this.isOpen) this.#release()
  }

  #poll(now: number): void {
    let idleSince = now
    for (const [client, window] of this.#catchingUp) {
      if (client.connection.bytesSent - window.bytesSent >= MINIMUM_WINDOW_BYTES)
        this.#catchingUp.set(client, windowOf(client, now))
      else if (now - window.begunAt >= this.#waitBudget.millis(now)) {
        this.#catchingUp.delete(client)
        this.#lagging.add(client)
        idleSince = Math.min(idleSince, window.begunAt)
      }
    }
    // Those that were waited for at the same time cost the speakers that time once.
    this.#waitBudget.spend(now - idleSince)
    if (this.isOpen) this.#release()
  }

  #release(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const [speaker, speak] of this.#waiting) {
      // What one of them says may be too much for a reader again.
      if (!this.isOpen) return
      this.#waiting.delete(speaker)
      speaker.release('catching-up')
      speak()
    }
  }
}

function windowOf({ connection }: ClientWriter, begunAt: number): Window {
  return { begunAt, bytesSent: connection.bytesSent }
}

/** How long speakers still wait for readers that take nothing. */
class WaitBudget {
  #millis = WINDOW_MILLIS
  #at = 0

  millis(now: number): number {
    this.#millis = Math.min(WINDOW_MILLIS, this.#millis + (now - this.#at) * IDLE_SHARE)
    this.#at = now
    return this.#millis
  }

  spend(millis: number): void {
    this.#millis = Math.max(0, this.#millis - millis)
  }
}
