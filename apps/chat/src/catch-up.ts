import type { Listener } from './listener.ts'

/** Those who talk wait no longer than this for a listener, and for a slow one only once. */
const GRACE_MILLIS = 80

/**
 * Back-pressure that no listener can abuse. While somebody has much unread, whoever wants to speak waits a
 * moment, so that a paste overruns nobody; a listener that has not caught up by then is waited for no more
 * until it has read everything.
 */
export class CatchUp {
  /** The speakers wait for these. */
  readonly #catchingUp = new Set<Listener>()
  /** These had their chance. */
  readonly #lagging = new Set<Listener>()
  /** Who waits, and what it does next. */
  readonly #waiting = new Map<Listener, () => void>()
  #timer: NodeJS.Timeout | undefined

  /** Whether one may speak now. */
  get isDone(): boolean {
    return this.#catchingUp.size === 0
  }

  /** `listener` was sent something just now. */
  sent(listener: Listener): void {
    if (!listener.isSlow || this.#lagging.has(listener) || this.#catchingUp.has(listener)) return
    this.#catchingUp.add(listener)
    listener.socket.once('drain', () => this.#caughtUp(listener))
    this.#timer ??= setTimeout(() => this.#giveUp(), GRACE_MILLIS)
  }

  /** Nothing is read from `speaker` until everybody has caught up; then it may `speak`. */
  wait(speaker: Listener, speak: () => void): void {
    this.#waiting.set(speaker, speak)
    speaker.hold('catching-up')
  }

  /** `listener` is gone. */
  forget(listener: Listener): void {
    this.#waiting.delete(listener)
    this.#caughtUp(listener)
  }

  #caughtUp(listener: Listener): void {
    this.#lagging.delete(listener)
    if (this.#catchingUp.delete(listener) && this.isDone) this.#goOn()
  }

  #giveUp(): void {
    for (const listener of this.#catchingUp) this.#lagging.add(listener)
    this.#catchingUp.clear()
    this.#goOn()
  }

  #goOn(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [speaker, speak] of this.#waiting) {
      // What one of them says may be too much for somebody again.
      if (!this.isDone) return
      this.#waiting.delete(speaker)
      speaker.release('catching-up')
      speak()
    }
  }
}
