import type { Accepted, NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import { createAddressList } from '@sockyard/service/address-list'
import { ConnectionCounts, type ConnectionRefusal } from '@sockyard/service/connection-counts'
import type { LimitedLog } from '@sockyard/service/limited-log'
import { MAXIMUM_REFUSED } from '@sockyard/service/refused-peers'

import { EchoConnection, type Peer } from './echo-connection.ts'
import type { EngineCounts } from './engine-counts.ts'
import type { EngineStart } from './engine-start.ts'
import { peerAddress } from './peer-address.ts'
import { RefusedPeer } from './refused-peer.ts'
import { createPeerTally, type GuardedTally } from './shared-peer-tally.ts'

const LAST_WORDS_MILLIS = 1_000

/** Who arrives, who is in, who is refused. */
export class Arrivals {
  readonly connections = new Set<EchoConnection>()
  readonly refused = new Set<RefusedPeer>()
  /** How many were let in so far. */
  entered = 0
  readonly #order: BigInt64Array
  readonly #admission: ConnectionCounts
  readonly #tally: GuardedTally
  readonly #counts: EngineCounts
  readonly #log: LimitedLog
  readonly #thinkMillis: number

  constructor(
    start: EngineStart,
    counts: EngineCounts,
    log: LimitedLog,
    tally = createPeerTally(start.tally),
  ) {
    this.#order = start.arrivals
    this.#tally = tally
    this.#thinkMillis = start.thinkMillis
    const addresses = createAddressList({ allow: start.allow, deny: start.deny })
    this.#admission = new ConnectionCounts({ ...start.limits, addresses }, this.#tally)
    this.#counts = counts
    this.#log = log
  }

  get isEmpty(): boolean {
    return this.connections.size === 0 && this.refused.size === 0
  }

  all(): Peer[] {
    return [...this.connections, ...this.refused]
  }

  /** @returns undefined when its socket was closed at once, else whom to watch */
  arrive({ socket, from }: Accepted, now: number): Peer | undefined {
    const peer = this.#receive(socket, peerAddress(from), now)
    if (peer === undefined) socket.close()
    return peer
  }

  /** Before its socket is closed. */
  left(peer: Peer, now: number): void {
    if (peer instanceof RefusedPeer) this.refused.delete(peer)
    else if (peer instanceof EchoConnection) this.#leave(peer, now)
  }

  #receive(
    socket: NativeSocket,
    from: { address: string; port: number } | undefined,
    now: number,
  ): Peer | undefined {
    if (from === undefined) return undefined
    const reason = this.#tally.exclusively(() => this.#enterUnlessRefused(from.address))
    if (reason !== undefined) return this.#refuse(socket, from.address, reason, now)
    const id = Number(Atomics.add(this.#order, 0, 1n)) + 1
    const connection = new EchoConnection(
      { id, socket, ...from, thinkMillis: this.#thinkMillis },
      this.#counts,
      now,
    )
    this.entered += 1
    this.connections.add(connection)
    this.#counts.entered()
    this.#log.info({ id, ...from }, 'connected')
    return connection
  }

  #enterUnlessRefused(address: string): ConnectionRefusal | undefined {
    const reason = this.#admission.refusal(address)
    if (reason === undefined) this.#admission.enter(address)
    return reason
  }

  #refuse(
    socket: NativeSocket,
    address: string,
    reason: ConnectionRefusal,
    now: number,
  ): Peer | undefined {
    const isFlood = this.refused.size >= MAXIMUM_REFUSED
    this.#counts.refused(isFlood && reason === 'too-many' ? 'dropped' : reason)
    this.#log.info({ address, reason }, 'refused')
    if (isFlood) return undefined
    try {
      const peer = new RefusedPeer(socket, now + LAST_WORDS_MILLIS)
      this.refused.add(peer)
      return peer
    } catch (error) {
      if (error instanceof SystemCallError) return undefined
      throw error
    }
  }

  #leave(connection: EchoConnection, now: number): void {
    const { id, address, port, received: receivedBytes, sent: sentBytes, since } = connection
    const seconds = Math.round(now - since) / 1_000
    this.connections.delete(connection)
    this.#tally.exclusively(() => this.#admission.leave(address))
    this.#counts.left(seconds)
    this.#log.info({ id, address, port, receivedBytes, sentBytes, seconds }, 'disconnected')
  }
}
