import { clientPrefix } from '../address/addresses.ts'
import type { AccessList } from './access-list.ts'
import { LocalPeerCounter, type PeerCounter } from './peer-counter.ts'

/** Why a connection is rejected, the first that fits, in this order. */
export type RejectReason =
  | 'denied'
  | 'not-allowed'
  | 'too-many-from-address'
  | 'too-many'
  | 'stopping'

/** How many connections a server has at most, and from where (`--max-connections`, `--allow` and the like). */
export interface ConnectionLimits {
  /** In all. */
  total: number
  /** From one address; an IPv6 /64 counts as one. */
  perAddress: number
  addresses?: AccessList | undefined
}

/** Which connections are accepted: access list, limit by client prefix, limit in all. */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits
  readonly #counter: PeerCounter

  /** @param counter is shared where several threads accept */
  constructor(limits: ConnectionLimits, counter: PeerCounter = new LocalPeerCounter()) {
    this.#limits = limits
    this.#counter = counter
  }

  /**
   * Counts a connection from this address, unless it is to be rejected.
   *
   * @param hasRoom whether the process has descriptors for it
   * @returns undefined when it is counted, until `release`; else the one reason why not
   */
  acquire(address: string, hasRoom = true): RejectReason | undefined {
    const listed = this.#limits.addresses?.check(address) ?? 'permitted'
    if (listed !== 'permitted') return listed
    const peer = clientPrefix(address)
    return this.#counter.exclusively(() => {
      if (this.#counter.count(peer) >= this.#limits.perAddress) return 'too-many-from-address'
      if (!hasRoom || this.#counter.total >= this.#limits.total) return 'too-many'
      this.#counter.acquire(peer)
      return undefined
    })
  }

  /** The connection is closed: to be called once for each that `acquire` counted. */
  release(address: string): void {
    const peer = clientPrefix(address)
    this.#counter.exclusively(() => this.#counter.release(peer))
  }
}
