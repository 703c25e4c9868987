import { Socket } from 'node:net'

import { createAddressList } from '@sockyard/service/address-list'
import { ConnectionCounts, connectionLimit } from '@sockyard/service/connection-counts'
import type { LimitedLog } from '@sockyard/service/limited-log'
import { LocalPeerTally } from '@sockyard/service/peer-tally'
import { RefusedPeers } from '@sockyard/service/refused-peers'
import { peerKey } from '@sockyard/service/source-address'

import type { ServeOptions } from '../config.ts'
import { EngineCounts } from '../epoll/engine-counts.ts'
import type { Visitor } from './front-door.ts'

/** Who is let in by a parent whose children serve: the limits hold over all of them. */
export class Admission {
  /** Of those who are refused; the children count the others. */
  readonly counts = new EngineCounts()
  readonly #tally = new LocalPeerTally()
  readonly #limits: ConnectionCounts
  readonly #refused = new RefusedPeers(() => undefined)
  readonly #log: LimitedLog

  /** @param maxConnections in all, so far as the descriptors allow */
  constructor(options: ServeOptions, maxConnections: number, log: LimitedLog) {
    const { maxConnectionsPerAddress: perAddress, allow, deny } = options
    const addresses = createAddressList({ allow, deny })
    const total = connectionLimit(maxConnections)
    this.#limits = new ConnectionCounts({ total, perAddress, addresses }, this.#tally)
    this.#log = log
  }

  /** @returns the key by which the visitor is counted until `leave`; undefined when it was refused */
  enter(visitor: Visitor): string | undefined {
    const { address } = visitor
    const reason = this.#limits.refusal(address)
    if (reason === undefined) {
      const peer = peerKey(address)
      this.#tally.enter(peer)
      return peer
    }
    this.counts.refused(reason)
    this.#log.info({ address, reason }, 'refused')
    this.turnAway(visitor)
    return undefined
  }

  leave(peer: string): void {
    this.#tally.leave(peer)
  }

  /** Closes a connection that is not served, with a FIN. */
  turnAway({ handle }: Visitor): void {
    const socket =
      handle instanceof Socket ? handle : new Socket({ fd: handle.release(), allowHalfOpen: true })
    socket.on('error', () => undefined)
    this.#refused.refuse(socket, 'too-many')
  }

  close(): void {
    this.#refused.destroyAll()
  }
}
