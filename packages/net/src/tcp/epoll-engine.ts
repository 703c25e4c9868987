import { SystemCallError } from '@sockyard/posix/ffi'
import { Epoll, EPOLL, whenReadable } from '@sockyard/posix/poll'
import { NativeSocket } from '@sockyard/posix/socket'

import { internetEndpoint } from '../address/addresses.ts'
import type {
  AcceptedConnection,
  AdoptedConnection,
  ConnectionOwner,
  EngineConnection,
  ListenAddress,
  ListenerEvents,
  Listening,
  TcpEngine,
} from './engine.ts'
import { EpollConnection } from './epoll-connection.ts'
import {
  adoptListeningSocket,
  localAddressOf,
  openListeningSockets,
  setConnectionOptions,
} from './listening-sockets.ts'

/** What else the event loop has to do, such as the admin endpoint, waits at most so long. */
const LONGEST_SERVE_MILLIS = 10
/** Events of one poll: so many are served before the clock is looked at. */
const EVENTS_AT_ONCE = 128
/** Connections that are accepted before those that are open are served. */
const MAXIMUM_ACCEPTED_AT_ONCE = 64
/** Without a descriptor or memory accept(2) fails, and would again at once. */
const ACCEPT_PAUSE_MILLIS = 100

/** TCP on epoll(7), level-triggered: Node's event loop watches the epoll, which is readable itself (epoll(7)). */
export class EpollEngine implements TcpEngine {
  readonly #epoll = new Epoll(EVENTS_AT_ONCE)
  /** By descriptor, which the kernel keeps small. */
  readonly #connections: (EpollConnection | undefined)[] = []
  readonly #acceptors = new Map<number, Acceptor>()
  readonly #closing: EpollConnection[] = []
  readonly #afterPoll: () => void
  readonly #stopWatching: () => void
  #pollStartedAt = 0
  #isPolling = false
  #isClosed = false

  /** @param afterPoll after each poll in which something happened */
  constructor(afterPoll = (): void => {}) {
    this.#afterPoll = afterPoll
    this.#stopWatching = whenReadable(this.#epoll.descriptorNumber, () => this.#serve())
  }

  /** Of the poll that is under way. */
  get now(): number {
    return this.#isPolling ? this.#pollStartedAt : performance.now()
  }

  async listen(at: ListenAddress, events: ListenerEvents): Promise<Listening> {
    const { sockets, bound } = openListeningSockets(at)
    const [target] = sockets as [NativeSocket]
    this.acceptFrom(target, events)
    return { bound, target }
  }

  async adoptListener(descriptor: number, events: ListenerEvents): Promise<Listening> {
    const { socket, bound } = adoptListeningSocket(descriptor)
    this.acceptFrom(socket, events, acceptWithOptions)
    return { bound, target: socket }
  }

  adoptConnection(descriptor: number): AdoptedConnection {
    const socket = NativeSocket.adoptNonBlocking(descriptor)
    const bound = localAddressOf(socket)
    const from = peerOf(socket)
    if (from === undefined) socket.close()
    else setConnectionOptions(socket)
    return { bound, accepted: from && { socket, ...from } }
  }

  /**
   * Accepts connections from a socket, which becomes this engine's.
   *
   * @param accept one connection from it; undefined when none waits
   */
  acceptFrom(socket: NativeSocket, events: ListenerEvents, accept = acceptConnection): void {
    const acceptor = new Acceptor(socket, this.#epoll, events, accept)
    this.#acceptors.set(socket.descriptor, acceptor)
  }

  /** Accepts now what waits. */
  acceptWaiting(): void {
    for (const acceptor of this.#acceptors.values()) acceptor.acceptSome()
  }

  holdAccepting(): void {
    for (const acceptor of this.#acceptors.values()) acceptor.hold()
  }

  resumeAccepting(): void {
    for (const acceptor of this.#acceptors.values()) acceptor.resume()
  }

  closeListeners(): void {
    for (const acceptor of this.#acceptors.values()) acceptor.close()
    this.#acceptors.clear()
  }

  open(accepted: AcceptedConnection, id: number, owner: ConnectionOwner): EngineConnection {
    const connection = new EpollConnection(accepted, id, owner, this)
    this.#connections[connection.socket.descriptor] = connection
    return connection
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.closeListeners()
    this.#stopWatching()
    this.#epoll.close()
  }

  watch(connection: EpollConnection, events: number | undefined): void {
    const { descriptor } = connection.socket
    if (events === undefined) this.#epoll.remove(descriptor)
    else if (connection.watched === undefined) this.#epoll.add(descriptor, events)
    else this.#epoll.modify(descriptor, events)
    connection.watched = events
  }

  closeSoon(connection: EpollConnection): void {
    this.#closing.push(connection)
    if (!this.#isPolling && this.#closing.length === 1)
      setImmediate(() => {
        this.#closeAll()
        this.#afterPoll()
      })
  }

  forget(connection: EpollConnection): void {
    this.watch(connection, undefined)
    this.#connections[connection.socket.descriptor] = undefined
  }

  /** Until nothing is left to do, or the rest of the process has waited long enough. */
  #serve(): void {
    const until = performance.now() + LONGEST_SERVE_MILLIS
    while (this.#poll() > 0 && performance.now() < until);
  }

  #poll(): number {
    const ready = this.#isClosed ? 0 : this.#epoll.wait(0)
    if (ready === 0) return 0
    this.#pollStartedAt = performance.now()
    this.#isPolling = true
    try {
      for (let index = 0; index < ready; index += 1) this.#dispatch(index)
    } finally {
      this.#isPolling = false
    }
    this.#afterPoll()
    return ready
  }

  #dispatch(index: number): void {
    const descriptor = this.#epoll.descriptor(index)
    const connection = this.#connections[descriptor]
    if (connection !== undefined) connection.ready(this.#epoll.events(index))
    else this.#acceptors.get(descriptor)?.acceptSome()
    if (this.#closing.length > 0) this.#closeAll()
  }

  #closeAll(): void {
    for (const connection of this.#closing.splice(0)) {
      this.#connections[connection.socket.descriptor] = undefined
      connection.close()
    }
    for (const acceptor of this.#acceptors.values()) acceptor.retry()
  }
}

/** accept(2) with the peer's address; a connection whose peer is gone already is closed. */
function acceptConnection(listener: NativeSocket): AcceptedConnection | undefined {
  for (;;) {
    const accepted = listener.acceptFrom()
    if (accepted === undefined) return undefined
    const from = internetEndpoint(accepted.from)
    if (from !== undefined) return { socket: accepted.socket, ...from }
    accepted.socket.close()
  }
}

/** A connection in the backlog of a passed socket has inherited the options of the program that opened it. */
function acceptWithOptions(listener: NativeSocket): AcceptedConnection | undefined {
  const accepted = acceptConnection(listener)
  if (accepted !== undefined) setConnectionOptions(accepted.socket as NativeSocket)
  return accepted
}

/** @returns undefined when the peer is gone (ENOTCONN, getpeername(2)) */
function peerOf(socket: NativeSocket): ReturnType<typeof internetEndpoint> {
  try {
    return internetEndpoint(socket.remoteAddress())
  } catch (error) {
    if (error instanceof SystemCallError) return undefined
    throw error
  }
}

/** A listening socket, or another that brings connections, in an epoll. */
class Acceptor {
  readonly #socket: NativeSocket
  readonly #epoll: Epoll
  readonly #events: ListenerEvents
  readonly #accept: typeof acceptConnection
  #isWatched = false
  #isHeld = false
  #pause: NodeJS.Timeout | undefined

  constructor(
    socket: NativeSocket,
    epoll: Epoll,
    events: ListenerEvents,
    accept: typeof acceptConnection,
  ) {
    this.#socket = socket
    this.#epoll = epoll
    this.#events = events
    this.#accept = accept
    this.#watch(true)
  }

  acceptSome(): void {
    for (let accepted = 0; accepted < MAXIMUM_ACCEPTED_AT_ONCE; accepted += 1) {
      const connection = this.#next()
      if (connection === undefined) return
      this.#events.onAccept(connection)
      if (this.#isHeld || this.#socket.closed) return
    }
  }

  hold(): void {
    this.#isHeld = true
    this.#watch(false)
  }

  resume(): void {
    this.#isHeld = false
    if (this.#pause === undefined) this.#watch(true)
  }

  /** A descriptor was closed: after EMFILE accept(2) may succeed again. */
  retry(): void {
    if (this.#pause === undefined) return
    clearTimeout(this.#pause)
    this.#endPause()
  }

  close(): void {
    clearTimeout(this.#pause)
    // A duplicate elsewhere would keep it in the epoll.
    this.#watch(false)
    this.#socket.close()
  }

  #next(): AcceptedConnection | undefined {
    try {
      return this.#accept(this.#socket)
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      this.#events.onAcceptFailed(error)
      this.#watch(false)
      this.#pause = setTimeout(() => this.#endPause(), ACCEPT_PAUSE_MILLIS)
      return undefined
    }
  }

  #endPause(): void {
    this.#pause = undefined
    if (!this.#isHeld) this.#watch(true)
  }

  #watch(isWatched: boolean): void {
    if (this.#isWatched === isWatched || this.#socket.closed) return
    this.#isWatched = isWatched
    if (isWatched) this.#epoll.add(this.#socket.descriptor, EPOLL.IN)
    else this.#epoll.remove(this.#socket.descriptor)
  }
}
