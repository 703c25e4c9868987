import { constants } from 'node:os'

import { SystemCallError } from '@sockyard/posix/ffi'
import { getSocketOption, setSocketOption } from '@sockyard/posix/options'
import { EPOLL } from '@sockyard/posix/poll'
import type { NativeSocket } from '@sockyard/posix/socket'

import { internetEndpoint } from '../address/addresses.ts'
import { type AcceptedConnection, type ConnectionOwner, EngineConnection } from './engine.ts'

/** What is received in one call, shared by all connections of a thread: what is kept of it is copied. */
const receiveBuffer = new Uint8Array(65_536)
/** The last view of it: most messages of a connection have one length. */
let lastView = receiveBuffer

function receivedView(length: number): Uint8Array {
  if (lastView.length !== length) lastView = receiveBuffer.subarray(0, length)
  return lastView
}

/** Small pieces of a queue are sent in one call up to so much. */
const GATHER_BYTES = 65_536

/** What a connection needs of its engine. */
export interface ConnectionPoll {
  /** Of the poll that is under way, on the clock of performance.now(). */
  readonly now: number
  /** Waits for other events; 0 for none but errors, undefined for none at all. */
  watch(connection: EpollConnection, events: number | undefined): void
  /** Closes its descriptor soon, not within a call of the connection's own. */
  closeSoon(connection: EpollConnection): void
  /** Leaves its descriptor open, for another connection. */
  forget(connection: EpollConnection): void
}

/** A TCP connection on epoll(7), level-triggered. */
export class EpollConnection extends EngineConnection {
  readonly socket: NativeSocket
  /** What epoll watches: the engine keeps it. */
  watched: number | undefined
  readonly #poll: ConnectionPoll
  #queue: Uint8Array[] | undefined
  #queuedBytes = 0
  #isWaitingForDrain = false
  #hasReceivedEnd = false
  #isEnding = false
  #isHangUp = false
  #isServed = false
  #isOver = false
  #failure: Error | undefined

  constructor(
    accepted: AcceptedConnection,
    id: number,
    owner: ConnectionOwner,
    poll: ConnectionPoll,
  ) {
    super(accepted, id, owner)
    this.socket = accepted.socket as NativeSocket
    this.#poll = poll
  }

  get localAddress(): string {
    return this.socket.closed ? '' : (internetEndpoint(this.socket.localAddress())?.address ?? '')
  }

  get localPort(): number {
    return this.socket.closed ? 0 : (internetEndpoint(this.socket.localAddress())?.port ?? 0)
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get isWritable(): boolean {
    return !this.#isEnding && !this.#isOver && this.#failure === undefined
  }

  write(bytes: Uint8Array): boolean {
    if (!this.isWritable) return false
    let taken = 0
    if (this.#queue === undefined) {
      taken = this.#send(bytes)
      if (taken === bytes.length) return true
      // The next event says so as well, and closes it.
      if (this.#failure !== undefined) return false
    }
    this.#keep(bytes, taken)
    return false
  }

  end(): void {
    if (this.#isEnding || this.#isOver) return
    this.#isEnding = true
    if (this.#queue === undefined) this.#finishWriting()
  }

  pause(): void {
    this.isPaused = true
    this.#update()
  }

  resume(): void {
    this.isPaused = false
    this.#isHangUp = false
    this.#update()
  }

  destroy(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#poll.closeSoon(this)
  }

  abort(): void {
    if (this.#isOver) return
    setSocketOption(this.socket, 'SO_LINGER', { on: true, seconds: 0 })
    this.destroy()
  }

  detach(): void {
    this.#isOver = true
    this.#poll.forget(this)
  }

  /** Something happened to the socket: flags of EPOLL. */
  ready(events: number): void {
    if (this.#isOver) return
    this.#isServed = true
    try {
      this.#serve(events)
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#failure ??= error
      this.destroy()
    } finally {
      this.#isServed = false
    }
    this.#update()
  }

  /** Its engine has forgotten it. */
  close(): void {
    this.socket.close()
    this.#queue = undefined
    this.#queuedBytes = 0
    this.closed(this.#failure)
  }

  #serve(events: number): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#queue !== undefined && (events & ~EPOLL.IN) !== 0) this.#flush()
    if (this.#isOver) return
    const isReading = !this.isPaused && !this.#hasReceivedEnd
    if (isReading && (events & ~EPOLL.OUT) !== 0) this.#receive()
    else if ((events & EPOLL.ERR) !== 0) throw pendingError(this.socket)
    // Level-triggered, and there is nothing to do until it is read.
    else if ((events & EPOLL.HUP) !== 0) this.#isHangUp = true
  }

  #receive(): void {
    const length = this.socket.receive(receiveBuffer)
    if (length === undefined) return
    if (length === 0) {
      this.#hasReceivedEnd = true
      this.receivedEnd()
      if (this.#isEnding && this.#queue === undefined) this.destroy()
      return
    }
    this.lastActivityAt = this.#poll.now
    this.received(receivedView(length))
  }

  #send(bytes: Uint8Array): number {
    try {
      const taken = this.socket.send(bytes) ?? 0
      if (taken === 0) return 0
      this.lastActivityAt = this.#poll.now
      this.sent(taken)
      return taken
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#failure = error
      return 0
    }
  }

  #keep(bytes: Uint8Array, from: number): void {
    const rest = bytes.subarray(from)
    this.#queue ??= []
    this.#queue.push(bytes.buffer === receiveBuffer.buffer ? rest.slice() : rest)
    this.#queuedBytes += rest.length
    this.queueChanged()
    this.#isWaitingForDrain = true
    this.#update()
  }

  #flush(): void {
    const queue = this.#queue ?? []
    while (queue.length > 0) {
      const piece = gathered(queue)
      const taken = this.#send(piece)
      if (this.#failure !== undefined) throw this.#failure
      this.#queuedBytes -= taken
      if (taken < piece.length) {
        queue.unshift(piece.subarray(taken))
        return this.queueChanged()
      }
    }
    this.#queue = undefined
    this.queueChanged()
    if (this.#isEnding) this.#finishWriting()
    if (this.#isWaitingForDrain) {
      this.#isWaitingForDrain = false
      this.drained()
    }
  }

  /** close(2) sends the FIN as well: after the peer's it is a call less. */
  #finishWriting(): void {
    if (this.#hasReceivedEnd) return this.destroy()
    try {
      this.socket.shutdown('writing')
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#failure ??= error
      this.destroy()
    }
  }

  #update(): void {
    if (this.#isServed || this.#isOver) return
    const input = this.isPaused || this.#hasReceivedEnd ? 0 : EPOLL.IN
    const output = this.#queue === undefined ? 0 : EPOLL.OUT
    const events = this.#isHangUp ? undefined : input | output
    if (events !== this.watched) this.#poll.watch(this, events)
  }
}

/** The first pieces of a queue as one, taken from it. */
function gathered(queue: Uint8Array[]): Uint8Array {
  let bytes = 0
  let count = 0
  while (count < queue.length && bytes < GATHER_BYTES) bytes += queue[count++]?.length ?? 0
  const pieces = queue.splice(0, count)
  const [first] = pieces
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces)
}

/** The error that waits at a socket (SO_ERROR, socket(7)); reading it clears it. */
function pendingError(socket: NativeSocket): SystemCallError {
  const errno = getSocketOption(socket, 'SO_ERROR')
  return new SystemCallError('recv', errno === 0 ? constants.errno.ECONNRESET : errno)
}
