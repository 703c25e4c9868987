import { EPOLL } from '@sockyard/posix/epoll'
import type { NativeSocket } from '@sockyard/posix/native-socket'

import type { EngineCounts } from './engine-counts.ts'

/** What `progress` answers when there is nothing to wait for any more: the socket is to be closed. */
export const OVER = 0

/** What is waited for while nothing is wanted: epoll tells it always. */
const FAILURE = EPOLL.ERR

/** Whose socket epoll watches. */
export interface Peer {
  readonly socket: NativeSocket
  /** When it is closed whatever it does, on the clock of performance.now(). */
  readonly deadline: number
  /**
   * Something happened to the socket.
   *
   * @param buffer for what is received, shared by all
   * @param now when, on the clock of performance.now()
   * @returns what to wait for: flags of EPOLL, or OVER
   * @throws {SystemCallError} when the connection has failed
   */
  progress(buffer: Uint8Array, now: number): number
}

interface Visitor {
  id: number
  thinkMillis: number
  socket: NativeSocket
  address: string
  port: number
}

/**
 * One peer and its echo. What the peer does not take back at once is kept, one buffer at most, and nothing is
 * read until it has: then its own window stops it.
 */
export class EchoConnection implements Peer {
  readonly id: number
  readonly socket: NativeSocket
  readonly address: string
  readonly port: number
  readonly since: number
  deadline = Number.POSITIVE_INFINITY
  received = 0
  sent = 0
  /** When a byte last went either way. */
  movedAt: number
  /** A service time that runs: what was received goes back then. */
  thinksUntil: number | undefined
  readonly #thinkMillis: number
  readonly #counts: EngineCounts
  #pending: Uint8Array | undefined
  #isEnding = false

  constructor(
    { id, socket, address, port, thinkMillis }: Visitor,
    counts: EngineCounts,
    now: number,
  ) {
    this.id = id
    this.socket = socket
    this.address = address
    this.port = port
    this.#thinkMillis = thinkMillis
    this.since = now
    this.movedAt = now
    this.#counts = counts
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  progress(buffer: Uint8Array, now: number): number {
    if (this.#pending === undefined) return this.#receive(buffer, now)
    if (this.thinksUntil !== undefined && now < this.thinksUntil) return this.#interrupted(buffer)
    this.thinksUntil = undefined
    return this.#flush(now)
  }

  /** Sends what is kept and then a FIN; what still comes is read away, for unread it would turn into a RST. */
  end(deadline: number): void {
    this.deadline = deadline
    if (this.#isEnding) return
    this.#isEnding = true
    if (this.#pending === undefined) this.socket.shutdown('writing')
  }

  #receive(buffer: Uint8Array, now: number): number {
    const length = this.socket.receive(buffer)
    if (length === undefined) return EPOLL.IN
    // The FIN: all that came before it has gone back, for we read only when nothing is kept.
    if (length === 0) return OVER
    this.movedAt = now
    this.received += length
    this.#counts.received(length)
    if (this.#isEnding) return EPOLL.IN
    return this.#thinkMillis === 0 ? this.#echo(buffer, length) : this.#think(buffer, length, now)
  }

  #think(buffer: Uint8Array, length: number, now: number): number {
    this.#pending = buffer.slice(0, length)
    this.thinksUntil = now + this.#thinkMillis
    return FAILURE
  }

  /** Nothing but a failure comes through while it thinks; the call throws what it is. */
  #interrupted(buffer: Uint8Array): number {
    this.socket.receive(buffer)
    return OVER
  }

  #echo(buffer: Uint8Array, length: number): number {
    const taken = this.socket.send(buffer, 0, length) ?? 0
    this.#count(taken)
    if (taken === length) return EPOLL.IN
    this.#pending = buffer.slice(taken, length)
    return EPOLL.OUT
  }

  #flush(now: number): number {
    const pending = this.#pending ?? new Uint8Array()
    const taken = this.socket.send(pending) ?? 0
    this.#count(taken)
    if (taken > 0) this.movedAt = now
    this.#pending = taken === pending.length ? undefined : pending.subarray(taken)
    if (this.#pending !== undefined) return EPOLL.OUT
    if (this.#isEnding) this.socket.shutdown('writing')
    return EPOLL.IN
  }

  #count(bytes: number): void {
    this.sent += bytes
    this.#counts.sent(bytes)
  }
}
