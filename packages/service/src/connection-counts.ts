import type { AddressList } from './address-list.ts'
import { descriptorLimit } from './descriptor-limit.ts'
import { LocalPeerTally, type PeerTally } from './peer-tally.ts'
import { peerKey } from './source-address.ts'

/** Why a connection is refused, the first that fits, in this order. */
export type ConnectionRefusal =
  | 'denied'
  | 'not-allowed'
  | 'too-many-from-address'
  | 'too-many'
  | 'stopping'

/** Descriptors that stay free for the log, the admin endpoint, DNS and peers who are told why they are refused. */
const RESERVED_DESCRIPTORS = 128

/** The most connections there may be: what was asked for, or what the descriptor limit leaves room for. */
export function connectionLimit(asked: number, descriptors = descriptorLimit()): number {
  return Math.max(1, Math.min(asked, descriptors - RESERVED_DESCRIPTORS))
}

export interface ConnectionLimits {
  total: number
  perAddress: number
  addresses: AddressList | undefined
}

/** Who is connected, and who may still come. An IPv6 /64 counts as one address. */
export class ConnectionCounts {
  readonly #limits: ConnectionLimits
  readonly #tally: PeerTally

  /** @param tally is shared where several threads let peers in */
  constructor(limits: ConnectionLimits, tally: PeerTally = new LocalPeerTally()) {
    this.#limits = limits
    this.#tally = tally
  }

  /** Undefined when a connection from this address may come in, else the one reason why not. */
  refusal(address: string): ConnectionRefusal | undefined {
    const listed = this.#limits.addresses?.check(address) ?? 'permitted'
    if (listed !== 'permitted') return listed
    if (this.#tally.of(peerKey(address)) >= this.#limits.perAddress) return 'too-many-from-address'
    return this.#tally.total >= this.#limits.total ? 'too-many' : undefined
  }

  enter(address: string): void {
    this.#tally.enter(peerKey(address))
  }

  leave(address: string): void {
    this.#tally.leave(peerKey(address))
  }
}
