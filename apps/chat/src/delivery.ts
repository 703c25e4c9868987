import { CatchUp } from './catch-up.ts'
import type { Listener } from './listener.ts'
import type { ChatMetrics } from './metrics.ts'
import { Turn } from './turn.ts'

/** When so much is said in a turn, it is sent without waiting for the end of the turn. */
const TURN_BYTES = 64 * 1024
/** As long as more comes in, a turn may last so many turns of the event loop. */
const MOST_LOOKS = 8

/**
 * Brings to each listener what the others say: at most one write per listener and turn of the event loop. A slow
 * listener is cut off; nobody waits for it.
 */
export class Delivery {
  readonly #metrics: ChatMetrics
  readonly #onCut: (listener: Listener) => void
  readonly #catchUp = new CatchUp()
  readonly #listeners = new Set<Listener>()
  /** They hear what was said until they left, and are ended. */
  readonly #leaving = new Set<Listener>()
  #turn: Turn<Listener> | undefined

  /** @param onCut called for each slow reader, after it was cut off */
  constructor(metrics: ChatMetrics, onCut: (listener: Listener) => void) {
    this.#metrics = metrics
    this.#onCut = onCut
  }

  enter(listener: Listener): void {
    this.#listeners.add(listener)
    this.#currentTurn().enter(listener)
  }

  /** `listener` hears what was said up to now, then our FIN. */
  leave(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return
    this.#leaving.add(listener)
    this.#currentTurn().leave(listener)
  }

  /** The connection is gone. */
  forget(listener: Listener): void {
    this.#listeners.delete(listener)
    this.#leaving.delete(listener)
    this.#catchUp.forget(listener)
  }

  sayToAll(bytes: Uint8Array): void {
    this.#currentTurn().sayToAll(bytes)
  }

  /** @param lines how many lines `bytes` holds, for the metrics */
  sayToOthers(speaker: Listener, bytes: Uint8Array, lines = 1): void {
    this.#metrics.said(lines, this.#listeners.size - 1)
    const turn = this.#currentTurn()
    turn.sayToOthers(speaker, bytes)
    if (turn.bytes >= TURN_BYTES) this.#deliver()
  }

  /** Whether one may speak now; otherwise `wait`. */
  get isOpen(): boolean {
    return this.#catchUp.isDone
  }

  /** Nothing is read from `speaker` until it may `speak`, which is soon. */
  wait(speaker: Listener, speak: () => void): void {
    this.#metrics.held('catching-up')
    this.#catchUp.wait(speaker, speak)
  }

  tell(listener: Listener, bytes: Uint8Array): void {
    this.#currentTurn().tell(listener, bytes)
  }

  /** To be called now and then, for slow readers in a silent room. */
  cutSlowReaders(now: number): void {
    for (const listener of this.#listeners) this.#maySend(listener, now)
  }

  #currentTurn(): Turn<Listener> {
    if (this.#turn === undefined) {
      this.#turn = new Turn()
      // The check phase: after all sockets that had something to read in this turn.
      setImmediate(() => this.#deliverWhenSilent(MOST_LOOKS, 0))
    }
    return this.#turn
  }

  /** A look for more costs next to nothing, and a write for each listener a lot. */
  #deliverWhenSilent(looksLeft: number, bytesBefore: number): void {
    const bytes = this.#turn?.bytes ?? 0
    if (looksLeft === 0 || bytes === bytesBefore) this.#deliver()
    else setImmediate(() => this.#deliverWhenSilent(looksLeft - 1, bytes))
  }

  #deliver(): void {
    const turn = this.#turn
    if (turn === undefined) return
    this.#turn = undefined
    const heardBy = turn.end()
    const now = performance.now()
    for (const listener of this.#listeners) this.#send(listener, heardBy(listener), now)
    for (const listener of this.#leaving) {
      this.#send(listener, heardBy(listener), now)
      listener.end()
    }
    this.#leaving.clear()
  }

  #send(listener: Listener, bytes: Uint8Array, now: number): void {
    if (bytes.length === 0 || !listener.socket.writable || !this.#maySend(listener, now)) return
    listener.send(bytes, now)
    this.#catchUp.sent(listener)
  }

  #maySend(listener: Listener, now: number): boolean {
    if (listener.judge(now) === 'keep') return true
    this.forget(listener)
    listener.cut()
    this.#onCut(listener)
    return false
  }
}
