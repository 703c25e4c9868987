import { type Epoll, EPOLL } from '@sockyard/posix/epoll'
import type { Accepted, NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { LimitedLog } from '@sockyard/service/limited-log'

/** Without a descriptor or memory accept(2) fails, and would again at once: it is left alone for so long. */
const PAUSE_MILLIS = 100

/** Where connections come from. */
export interface Entrance {
  is(descriptor: number): boolean
  /** The next who waits; undefined when nobody does, or none can be taken now. */
  next(now: number): Accepted | undefined
  /** Whoever comes waits until `resume`. */
  hold(): void
  resume(): void
  /** Ends a pause when it is time. */
  reopen(now: number): void
  /** Whoever waits is reset. */
  close(): void
}

/** Where peers come in: a listening socket, or another that brings connections, which epoll watches. */
export class Gate implements Entrance {
  readonly #socket: NativeSocket
  readonly #take: (socket: NativeSocket) => Accepted | undefined
  readonly #epoll: Epoll
  readonly #log: LimitedLog
  #isWatched = false
  #opensAt = Number.POSITIVE_INFINITY

  /** @param take throws SystemCallError when it fails */
  constructor(
    socket: NativeSocket,
    epoll: Epoll,
    log: LimitedLog,
    take = (listener: NativeSocket): Accepted | undefined => listener.acceptFrom(),
  ) {
    this.#socket = socket
    this.#take = take
    this.#epoll = epoll
    this.#log = log
    this.#watch(true)
  }

  is(descriptor: number): boolean {
    return !this.#socket.closed && this.#socket.descriptor === descriptor
  }

  next(now: number): Accepted | undefined {
    try {
      return this.#take(this.#socket)
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#log.warn({ error: error.message }, 'accept failed')
      this.#watch(false)
      this.#opensAt = now + PAUSE_MILLIS
      return undefined
    }
  }

  hold(): void {
    this.#watch(false)
  }

  resume(): void {
    this.#watch(true)
  }

  reopen(now: number): void {
    if (now < this.#opensAt) return
    this.#opensAt = Number.POSITIVE_INFINITY
    this.#watch(true)
  }

  close(): void {
    // A duplicate elsewhere would keep it in the epoll.
    this.#watch(false)
    this.#socket.close()
  }

  #watch(isWatched: boolean): void {
    if (this.#isWatched === isWatched || this.#socket.closed) return
    this.#isWatched = isWatched
    if (isWatched) this.#epoll.add(this.#socket.descriptor, EPOLL.IN)
    else this.#epoll.remove(this.#socket.descriptor)
  }
}
