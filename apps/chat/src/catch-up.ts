import type { Listener } from './listener.ts'

/** Those who talk wait no longer than this for a listener, and for a slow one only once. */
const GRACE_MILLIS = 50

/**
 * Back-pressure that no listener can abuse. When somebody speaks faster than another one reads, the speakers
 * wait a moment; a listener that has not caught up by then is waited for no more until it has read everything.
 */
export class CatchUp {
  readonly #onHeld: () => void
  /** The speakers wait for these. */
  readonly #catchingUp = new Set<Listener>()
  /** These had their chance. */
  readonly #lagging = new Set<Listener>()
  readonly #held = new Set<Listener>()
  #timer: NodeJS.Timeout | undefined

  /** @param onHeld called for each speaker that has to wait */
  constructor(onHeld: () => void) {
    this.#onHeld = onHeld
  }

  /** `listener` was sent something just now. */
  sent(listener: Listener): void {
    if (!listener.isSlow || this.#lagging.has(listener) || this.#catchingUp.has(listener)) return
    this.#catchingUp.add(listener)
    listener.socket.once('drain', () => this.forget(listener))
    this.#timer ??= setTimeout(() => this.#giveUp(), GRACE_MILLIS)
  }

  /** A turn is over, in which these spoke. */
  endTurn(speakers: ReadonlySet<Listener>): void {
    if (this.#catchingUp.size === 0) return
    for (const speaker of speakers) {
      this.#held.add(speaker)
      speaker.hold('catching-up')
      this.#onHeld()
    }
  }

  /** `listener` has read everything, or is gone. */
  forget(listener: Listener): void {
    this.#lagging.delete(listener)
    if (this.#catchingUp.delete(listener) && this.#catchingUp.size === 0) this.#release()
  }

  #giveUp(): void {
    for (const listener of this.#catchingUp) this.#lagging.add(listener)
    this.#catchingUp.clear()
    this.#release()
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const speaker of this.#held) speaker.release('catching-up')
    this.#held.clear()
  }
}
