import type { Socket } from 'node:net'

import { endSoon } from '@sockyard/service/end-soon'

import { judgeReader, type Patience } from './patience.ts'

/** Somebody who leaves may take so long to read what is still on its way. */
const FAREWELL_MILLIS = 10_000

/** Why a client is not read from for a while; several reasons may hold at a time. */
export type HoldReason = 'rate' | 'catching-up'

/** One client, as far as it is sent what others say. */
export class Listener {
  readonly socket: Socket
  readonly #limits: Patience
  /** Not a set: an empty one is as large as all the rest of a listener. */
  #holds: readonly HoldReason[] = []
  #slowSince: number | undefined

  constructor(socket: Socket, limits: Patience) {
    this.socket = socket
    this.#limits = limits
  }

  get isSlow(): boolean {
    return this.socket.writableLength > this.#limits.slowQueue
  }

  /** How it reads; to be asked before each write, for the queue is shortest then. */
  judge(now: number): 'keep' | 'slow-reader' {
    const queued = this.socket.writableLength
    if (queued <= this.#limits.slowQueue) this.#slowSince = undefined
    return judgeReader({ queued, slowSince: this.#slowSince }, now, this.#limits)
  }

  send(bytes: Uint8Array, now: number): void {
    this.socket.write(bytes)
    if (this.isSlow) this.#slowSince ??= now
  }

  /** Its input waits in the kernel, and then at the sender, until every reason is gone. */
  hold(reason: HoldReason): void {
    if (!this.#holds.includes(reason)) this.#holds = [...this.#holds, reason]
    this.socket.pause()
  }

  release(reason: HoldReason): void {
    if (!this.#holds.includes(reason)) return
    this.#holds = this.#holds.filter((hold) => hold !== reason)
    if (this.#holds.length === 0) this.socket.resume()
  }

  /** FIN after what is queued. */
  end(): void {
    endSoon(this.socket, FAREWELL_MILLIS)
  }

  /** Without FIN: what is queued is let go here and in the kernel. */
  cut(): void {
    this.socket.resetAndDestroy()
  }
}
