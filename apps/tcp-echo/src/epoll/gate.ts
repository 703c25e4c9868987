import { type Epoll, EPOLL } from '@sockyard/posix/epoll'
import type { Accepted, NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { LimitedLog } from '@sockyard/service/limited-log'

/** Without a descriptor or memory accept(2) fails, and would again at once: it is left alone for so long. */
const PAUSE_MILLIS = 100

/** Where peers come in: a listening socket that epoll watches. */
export class Gate {
  readonly #socket: NativeSocket
  readonly #epoll: Epoll
  readonly #log: LimitedLog
  #opensAt = Number.POSITIVE_INFINITY

  constructor(socket: NativeSocket, epoll: Epoll, log: LimitedLog) {
    this.#socket = socket
    this.#epoll = epoll
    this.#log = log
    epoll.add(socket.descriptor, EPOLL.IN)
  }

  is(descriptor: number): boolean {
    return !this.#socket.closed && this.#socket.descriptor === descriptor
  }

  /** The next who waits; undefined when nobody does, or none can be taken now. */
  next(now: number): Accepted | undefined {
    try {
      return this.#socket.acceptFrom()
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#log.warn({ error: error.message }, 'accept failed')
      this.#epoll.remove(this.#socket.descriptor)
      this.#opensAt = now + PAUSE_MILLIS
      return undefined
    }
  }

  /** Ends a pause when it is time. */
  reopen(now: number): void {
    if (now < this.#opensAt || this.#socket.closed) return
    this.#opensAt = Number.POSITIVE_INFINITY
    this.#epoll.add(this.#socket.descriptor, EPOLL.IN)
  }

  /** Whoever waits to be accepted is reset. */
  close(): void {
    if (this.#socket.closed) return
    // A duplicate elsewhere would keep it in the epoll.
    if (this.#opensAt === Number.POSITIVE_INFINITY) this.#epoll.remove(this.#socket.descriptor)
    this.#socket.close()
  }
}
