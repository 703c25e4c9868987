import { ConnectionCounts } from '@sockyard/service/connection-counts'

/** One association that we serve. */
export interface Visitor {
  id: number
  address: string
  /** The number of streams towards the peer. */
  streams: number
  /** When a message last moved, milliseconds of `performance.now()`. */
  movedAt: number
}

export interface VisitorLimits {
  total: number
  perAddress: number
}

/** Who is associated with us, and who may still come. */
export class Visitors {
  readonly #visitors = new Map<number, Visitor>()
  readonly #counts: ConnectionCounts

  constructor(limits: VisitorLimits) {
    this.#counts = new ConnectionCounts({ ...limits, addresses: undefined })
  }

  get size(): number {
    return this.#visitors.size
  }

  find(id: number): Visitor | undefined {
    return this.#visitors.get(id)
  }

  /** @returns why not, or undefined when it has been let in; a peer that restarted is in already */
  enter(visitor: Visitor): string | undefined {
    const known = this.#visitors.get(visitor.id)
    const refusal = known === undefined ? this.#counts.refusal(visitor.address) : undefined
    if (refusal !== undefined) return refusal
    if (known === undefined) this.#counts.enter(visitor.address)
    this.#visitors.set(visitor.id, { ...visitor, address: known?.address ?? visitor.address })
    return undefined
  }

  leave(id: number): void {
    const visitor = this.#visitors.get(id)
    if (visitor !== undefined) this.#counts.leave(visitor.address)
    this.#visitors.delete(id)
  }

  /** Those on which nothing moved since `moment`. */
  idleSince(moment: number): Visitor[] {
    return [...this.#visitors.values()].filter(({ movedAt }) => movedAt <= moment)
  }
}
