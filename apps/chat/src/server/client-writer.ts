import type { TcpConnection } from '@sockyard/net/tcp'

import { checkReader, type ClientLimits } from './client-limits.ts'
import { OutputQueue } from './output-queue.ts'

/** How long a client that leaves may take to read what is still queued for it. */
const CLOSE_TIMEOUT_MILLIS = 10_000

/** Why a client is not read from for a while; several reasons may hold at a time. */
export type HoldReason = 'rate' | 'catching-up' | 'naming' | 'leaving'

/** The sending side of one client: its queue, its speed, and whether its input is read. */
export class ClientWriter {
  readonly connection: TcpConnection
  /** How much memory its input takes that waits to be handled. */
  waitingBytes = 0
  readonly #limits: ClientLimits
  /** Not a set: an empty one is as large as all the rest of this object. */
  #holds: readonly HoldReason[] = []
  /** What the connection was not given yet: it is given more only when the kernel has taken all that it had. */
  #queue: OutputQueue | undefined
  #slowSince: number | undefined
  #onDrained: (() => void) | undefined
  #closeTimer: NodeJS.Timeout | undefined

  constructor(connection: TcpConnection, limits: ClientLimits) {
    this.connection = connection
    this.#limits = limits
  }

  /** Bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.connection.queuedBytes + (this.#queue?.bytes ?? 0)
  }

  /** About how much memory is kept for it alone. */
  get ownBytes(): number {
    return this.waitingBytes + (this.#queue?.ownBytes ?? 0)
  }

  get isSlow(): boolean {
    return this.queuedBytes > this.#limits.slowQueue
  }

  get isWritable(): boolean {
    return this.connection.isWritable
  }

  /** Whether it reads fast enough; to be asked before each write, when the queue is shortest. */
  check(now: number): 'keep' | 'slow-reader' {
    const queued = this.queuedBytes
    if (queued <= this.#limits.slowQueue) this.#slowSince = undefined
    return checkReader({ queued, slowSince: this.#slowSince }, now, this.#limits)
  }

  /** @param pieces to be sent one after the other; what has to wait is kept as it is, not copied */
  write(pieces: readonly Uint8Array[], now: number): void {
    const [first] = pieces
    if (pieces.length === 1 && first !== undefined && this.queuedBytes === 0)
      this.connection.write(first)
    else this.#enqueue(pieces)
    if (this.isSlow) this.#slowSince ??= now
  }

  /** Calls `drained` once, when the client has taken all that is queued. */
  onceDrained(drained: () => void): void {
    this.#onDrained = drained
  }

  /** The kernel has taken all that the connection had. */
  drained(): void {
    this.#sendQueued()
    if (this.queuedBytes > 0) return
    const onDrained = this.#onDrained
    this.#onDrained = undefined
    onDrained?.()
  }

  /** Its input waits in the kernel, and then at the sender, until every reason is gone. */
  hold(reason: HoldReason): void {
    if (!this.#holds.includes(reason)) this.#holds = [...this.#holds, reason]
    this.connection.pause()
  }

  release(reason: HoldReason): void {
    if (!this.#holds.includes(reason)) return
    this.#holds = this.#holds.filter((hold) => hold !== reason)
    if (this.#holds.length === 0) this.connection.resume()
  }

  /** FIN after what is queued. A client that does not read that in time is cut off. */
  end(): void {
    if (!this.isWritable) return
    if (this.#queue === undefined) return this.connection.lingeringClose(CLOSE_TIMEOUT_MILLIS)
    this.hold('leaving')
    this.onceDrained(() => {
      clearTimeout(this.#closeTimer)
      this.connection.lingeringClose(CLOSE_TIMEOUT_MILLIS)
    })
    this.#closeTimer = setTimeout(() => this.abort(), CLOSE_TIMEOUT_MILLIS)
  }

  /** Without FIN: what is queued is dropped here and in the kernel. */
  abort(): void {
    this.connection.abort()
  }

  /** The connection is closed. */
  closed(): void {
    clearTimeout(this.#closeTimer)
    this.#queue = undefined
  }

  #enqueue(pieces: readonly Uint8Array[]): void {
    this.#queue ??= new OutputQueue()
    for (const piece of pieces) this.#queue.push(piece)
    this.#sendQueued()
  }

  #sendQueued(): void {
    while (this.#queue !== undefined && this.connection.queuedBytes === 0) {
      const next = this.#queue.take()
      if (next === undefined) this.#queue = undefined
      else this.connection.write(next)
    }
  }
}
