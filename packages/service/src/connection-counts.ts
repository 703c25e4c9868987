import type { AddressList } from './address-list.ts'
import { descriptorLimit } from './descriptor-limit.ts'
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

/** Who is connected, and who may still come. An IPv6 /64 counts as one address. */
export class ConnectionCounts {
  readonly #limits: { total: number; perAddress: number; addresses: AddressList | undefined }
  readonly #byPeer = new Map<string, number>()
  #total = 0

  constructor(limits: { total: number; perAddress: number; addresses: AddressList | undefined }) {
    this.#limits = limits
  }

  /** Undefined when a connection from this address may come in, else the one reason why not. */
  refusal(address: string): ConnectionRefusal | undefined {
    const listed = this.#limits.addresses?.check(address) ?? 'permitted'
    if (listed !== 'permitted') return listed
    if ((this.#byPeer.get(peerKey(address)) ?? 0) >= this.#limits.perAddress)
      return 'too-many-from-address'
    return this.#total >= this.#limits.total ? 'too-many' : undefined
  }

  enter(address: string): void {
    const key = peerKey(address)
    this.#byPeer.set(key, (this.#byPeer.get(key) ?? 0) + 1)
    this.#total += 1
  }

  leave(address: string): void {
    const key = peerKey(address)
    const left = (this.#byPeer.get(key) ?? 1) - 1
    if (left === 0) this.#byPeer.delete(key)
    else this.#byPeer.set(key, left)
    this.#total -= 1
  }
}
