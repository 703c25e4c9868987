import { Epoll, EPOLL } from '@sockyard/posix/epoll'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { LimitedLog } from '@sockyard/service/limited-log'
import { endVanishedPeers } from '@sockyard/service/vanished-peers'

import { Arrivals } from './arrivals.ts'
import { EchoConnection, OVER, type Peer } from './echo-connection.ts'
import { EngineCounts } from './engine-counts.ts'
import type { EngineStart } from './engine-start.ts'
import { type Entrance, Gate } from './gate.ts'
import type { GuardedTally } from './shared-peer-tally.ts'

/** What is received in one call, shared by all connections: what a peer does not take is copied. */
const BUFFER_BYTES = 65_536
/** Connections that are accepted before the others have their turn. */
const MAXIMUM_ACCEPTED_AT_ONCE = 64
/** Who is quiet, and who had time enough, is looked up at least so often; and when we stop. */
const LONGEST_NAP_MILLIS = 1_000
const STOPPING_NAP_MILLIS = 25
/** A service time is kept to a part of it. */
const THINKING_NAPS = 50
/** A peer that was quiet for so long when we stop has nothing under way any more. */
const QUIET_MILLIS = 200
/** Peers that are dropped have this long to end, too. */
const LAST_WORDS_MILLIS = 1_000

/** What an engine is given where it is not the usual. */
export interface EngineParts {
  /** Instead of a listening socket. */
  entrance?: (epoll: Epoll) => Entrance
  tally?: GuardedTally
}

/**
 * The echo service of RFC 862 on epoll(7), level-triggered, in one thread: what select() once did in the servers
 * that this one descends from. Whoever drives it calls `turn` again and again.
 */
export class EchoEngine {
  readonly #idleMillis: number
  readonly #log: LimitedLog
  readonly #epoll = new Epoll()
  readonly #gate: Entrance
  readonly #start: EngineStart
  readonly #counts: EngineCounts
  readonly #arrivals: Arrivals
  /** By descriptor, which the kernel keeps small. */
  readonly #peers: (Peer | undefined)[] = []
  /** What each descriptor is waited for. */
  readonly #interests: number[] = []
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  readonly #stopWatch: () => void
  #isStopping = false
  /** Whoever is in is the last. */
  #isFull = false
  #sweptAt = 0

  constructor(start: EngineStart, log: LimitedLog, { entrance, tally }: EngineParts = {}) {
    this.#start = start
    this.#idleMillis = start.idleMillis
    this.#log = log
    this.#gate =
      entrance?.(this.#epoll) ?? new Gate(NativeSocket.adopt(start.listener), this.#epoll, log)
    this.#counts = new EngineCounts(start.counts)
    this.#arrivals = new Arrivals(start, this.#counts, log, tally)
    this.#stopWatch = endVanishedPeers({
      connections: this.#arrivals.connections,
      silenceMillis: start.vanishedMillis,
      log,
      onVanished: (connection) => this.#vanished(connection),
    })
  }

  /** Readable when there is something to do (epoll(7)). */
  get descriptor(): number {
    return this.#epoll.descriptorNumber
  }

  /** It was stopped, or has served as many as it should, and nobody is left: nothing but `close` remains. */
  get isDone(): boolean {
    return (this.#isStopping || this.#isFull) && this.#arrivals.isEmpty
  }

  /** `turn` is to be called after this time, also when nothing happens. */
  get napMillis(): number {
    const longest = this.#isStopping ? STOPPING_NAP_MILLIS : LONGEST_NAP_MILLIS
    const { thinkMillis } = this.#start
    const thinking = thinkMillis === 0 ? longest : thinkMillis / THINKING_NAPS
    return Math.max(5, Math.min(longest, this.#idleMillis / 4, thinking))
  }

  /**
   * Does what is to be done now.
   *
   * @param waitMillis how long to wait, blocking, until there is something
   * @returns how many sockets had something
   */
  turn(waitMillis: number): number {
    const ready = this.#epoll.wait(waitMillis)
    const now = performance.now()
    for (let index = 0; index < ready; index += 1) this.#serve(this.#epoll.descriptor(index), now)
    if (now - this.#sweptAt >= this.napMillis) this.#sweep(now)
    return ready
  }

  /** Has its socket watched with the others'. */
  watch(peer: Peer): void {
    const { descriptor } = peer.socket
    this.#peers[descriptor] = peer
    this.#interests[descriptor] = EPOLL.IN
    this.#epoll.add(descriptor, EPOLL.IN)
  }

  /** Lets nobody in any more; whoever is quiet gets a FIN. */
  stop(): void {
    this.#isStopping = true
    this.#gate.close()
  }

  /** Closes every connection as it is. */
  end(): void {
    this.stop()
    const now = performance.now()
    for (const peer of this.#arrivals.all()) this.#leave(peer, now)
  }

  close(): void {
    this.#stopWatch()
    this.#gate.close()
    this.#epoll.close()
  }

  #serve(descriptor: number, now: number): void {
    const peer = this.#peers[descriptor]
    if (peer !== undefined) this.#progress(peer, descriptor, now)
    else if (this.#gate.is(descriptor)) this.#accept(now)
  }

  #progress(peer: Peer, descriptor: number, now: number): void {
    let wanted = OVER
    try {
      wanted = peer.progress(this.#buffer, now)
    } catch (error) {
      this.#failed(peer, error)
    }
    if (wanted === OVER) this.#leave(peer, now)
    else if (wanted !== this.#interests[descriptor]) this.#wait(descriptor, wanted)
  }

  #wait(descriptor: number, wanted: number): void {
    this.#epoll.modify(descriptor, wanted)
    this.#interests[descriptor] = wanted
  }

  /** A connection that fails is over, and is counted. */
  #failed(peer: Peer, error: unknown): void {
    if (!(error instanceof SystemCallError)) throw error
    if (peer instanceof EchoConnection) this.#counts.failed(error.code)
  }

  #accept(now: number): void {
    for (let accepted = 0; accepted < MAXIMUM_ACCEPTED_AT_ONCE; accepted += 1) {
      const arrival = this.#gate.next(now)
      if (arrival === undefined) return
      const peer = this.#arrivals.arrive(arrival, now)
      if (peer !== undefined) this.watch(peer)
      if (this.#closeWhenFull()) return
    }
  }

  /** @returns whether nobody is let in for now, or ever */
  #closeWhenFull(): boolean {
    const { atOnce = Number.POSITIVE_INFINITY, endsAfter } = this.#start
    const { entered, connections } = this.#arrivals
    if (entered === endsAfter) {
      this.#isFull = true
      this.#gate.close()
    } else if (connections.size >= atOnce) this.#gate.hold()
    else return false
    return true
  }

  #leave(peer: Peer, now: number): void {
    this.#peers[peer.socket.descriptor] = undefined
    this.#arrivals.left(peer, now)
    peer.socket.close()
    if (this.#arrivals.connections.size < (this.#start.atOnce ?? 0)) this.#gate.resume()
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    this.#gate.reopen(now)
    for (const peer of this.#arrivals.refused) if (peer.deadline <= now) this.#leave(peer, now)
    const quietMillis = this.#isStopping ? QUIET_MILLIS : this.#idleMillis
    for (const connection of this.#arrivals.connections) {
      if (connection.deadline <= now) this.#leave(connection, now)
      else if (connection.thinksUntil !== undefined) this.#thought(connection, now)
      else if (!connection.isEnding && now - connection.movedAt >= quietMillis) {
        this.#quiet(connection, now)
      }
    }
  }

  /** Its service time may be over. */
  #thought(connection: EchoConnection, now: number): void {
    const { thinksUntil = now, socket } = connection
    if (thinksUntil <= now) this.#progress(connection, socket.descriptor, now)
  }

  #quiet(connection: EchoConnection, now: number): void {
    if (!this.#isStopping) {
      const { id, address } = connection
      this.#counts.expired('idle')
      this.#log.info({ id, address, reason: 'idle' }, 'expired')
    }
    const deadline = this.#isStopping ? Number.POSITIVE_INFINITY : now + LAST_WORDS_MILLIS
    try {
      connection.end(deadline)
    } catch (error) {
      this.#failed(connection, error)
      this.#leave(connection, now)
    }
  }

  #vanished(connection: EchoConnection): void {
    this.#counts.expired('vanished')
    this.#leave(connection, performance.now())
  }
}
