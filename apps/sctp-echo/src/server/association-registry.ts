import { ConnectionLimiter } from '@sockyard/net/access'
import type { PeerTraffic } from '@sockyard/net/peers'

/** One association that we serve. */
export interface ServedAssociation {
  id: number
  address: string
  /** The peer's SCTP port. */
  port: number
  /** The number of streams towards the peer. */
  streams: number
  /** When a message last moved, milliseconds of `performance.now()`. */
  lastActivityAt: number
  /** Messages and their bytes, and when the first and the last was, milliseconds since 1970. */
  traffic: Pick<
    PeerTraffic,
    'received' | 'receivedBytes' | 'sent' | 'sentBytes' | 'since' | 'last'
  > & { received: number; sent: number }
}

/** That of an association without a message. */
export function noTraffic(): ServedAssociation['traffic'] {
  const since = Date.now()
  return { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, since, last: since }
}

export interface AssociationLimits {
  total: number
  perAddress: number
}

/** The current associations, and the limits for new ones. */
export class AssociationRegistry {
  readonly #associations = new Map<number, ServedAssociation>()
  readonly #counts: ConnectionLimiter

  constructor(limits: AssociationLimits) {
    this.#counts = new ConnectionLimiter({ ...limits, addresses: undefined })
  }

  get size(): number {
    return this.#associations.size
  }

  /** The current ones as GET /peers tells them. @param local the end of all of them */
  peers(local: { address: string; port: number }): PeerTraffic[] {
    return Array.from(this.#associations.values(), ({ address, port, traffic }) => ({
      transport: 'sctp',
      localAddress: local.address,
      localPort: local.port,
      remoteAddress: address,
      remotePort: port,
      group: null,
      ...traffic,
    }))
  }

  find(id: number): ServedAssociation | undefined {
    return this.#associations.get(id)
  }

  /** @returns the reason of the rejection, or undefined; a peer that restarted is accepted already */
  enter(served: ServedAssociation): string | undefined {
    const known = this.#associations.get(served.id)
    const refusal = known === undefined ? this.#counts.acquire(served.address) : undefined
    if (refusal !== undefined) return refusal
    this.#associations.set(served.id, { ...served, address: known?.address ?? served.address })
    return undefined
  }

  leave(id: number): void {
    const served = this.#associations.get(id)
    if (served !== undefined) this.#counts.release(served.address)
    this.#associations.delete(id)
  }

  /** Those on which nothing moved since `moment`. */
  idleSince(moment: number): ServedAssociation[] {
    return [...this.#associations.values()].filter(({ lastActivityAt }) => lastActivityAt <= moment)
  }
}
