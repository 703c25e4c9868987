import type { ProtocolParameters } from '../association/protocol-parameters.ts'
import type { Route } from './transport-address.ts'

/** What the search needs to know of the engine. */
export interface MtuContext {
  readonly parameters: ProtocolParameters
  /**
   * The MTU of the interface that has our address `local`; undefined where packets cannot be kept from
   * being fragmented, so that nothing about the path could be learned from those that arrive.
   */
  linkMtu(local: string): number | undefined
}

/** What a search goes between: sizes of SCTP packets in bytes, multiples of four. */
export interface MtuLimits {
  /** Taken to arrive without a probe (BASE_PLPMTU). */
  base: number
  /** The most that is looked for (MAX_PLPMTU). */
  ceiling: number
}

const NEVER = Number.POSITIVE_INFINITY

/** Probes of one size that may be lost before it counts as too large (MAX_PROBES, RFC 8899 section 5.1.2). */
const MAXIMUM_PROBES = 3

/** After so long a larger size is tried again (PMTU_RAISE_TIMER, RFC 8899 section 5.1.1). */
const RAISE_MILLIS = 600_000

/** SCTP packets end on a boundary of four bytes. */
const STEP_BYTES = 4

/**
 * The search for the largest packet that a path carries whole (DPLPMTUD, RFC 8899 section 5): first for
 * the ceiling, which most paths carry, then by halves. Suspended while the path does not answer anyway.
 */
export class PathMtu {
  /** The largest SCTP packet that is known to arrive (PLPMTU), bytes. */
  size: number
  /** The size that arrives without a probe (BASE_PLPMTU), bytes. */
  base: number
  /** The probe without an answer so far. */
  probe: { size: number; nonce: Uint8Array } | undefined
  /** When the probe counts as lost, or the search begins anew. */
  at = NEVER
  isSuspended = true
  /** When a probe arrived last. */
  provenAt = Number.NEGATIVE_INFINITY
  readonly #limits: () => MtuLimits
  /** The smallest size that counts as too large. */
  #tooLarge = 0
  #ceiling = 0
  #losses = 0

  /** @param limits asked at the beginning of every search: interfaces change */
  constructor(limits: () => MtuLimits) {
    this.#limits = limits
    this.base = limits().base
    this.size = this.base
  }

  /** Begins a search, upwards from the size in use. */
  begin(): void {
    const { base, ceiling } = this.#limits()
    this.base = base
    this.size = Math.min(this.size, ceiling)
    this.#ceiling = ceiling
    this.#tooLarge = ceiling + STEP_BYTES
    this.#losses = 0
    this.isSuspended = false
  }

  /** The size of the next probe; undefined when there is nothing left to look for. */
  get next(): number | undefined {
    if (this.#tooLarge - this.size <= STEP_BYTES) return undefined
    if (this.#tooLarge > this.#ceiling) return this.#ceiling
    return ((this.size + this.#tooLarge) >>> 1) & ~(STEP_BYTES - 1)
  }

  /** A probe goes out, and counts as lost at `lostAt`. */
  sent(probe: { size: number; nonce: Uint8Array }, lostAt: number): void {
    this.probe = probe
    this.at = lostAt
  }

  /** The probe has arrived: its size is in use from now on. */
  acknowledged(now: number): void {
    this.provenAt = now
    this.size = this.probe?.size ?? this.size
    this.probe = undefined
    this.#losses = 0
  }

  /** The probe has not arrived. */
  lost(): void {
    this.#losses += 1
    if (this.#losses === MAXIMUM_PROBES) {
      this.#tooLarge = this.probe?.size ?? this.#tooLarge
      this.#losses = 0
    }
    this.probe = undefined
  }

  /** Nothing is left to look for, for now. */
  complete(now: number): void {
    this.at = now + RAISE_MILLIS
  }

  /** Until `begin`: what is lost now says nothing about sizes. */
  suspend(): void {
    this.probe = undefined
    this.at = NEVER
    this.isSuspended = true
  }

  /** Large packets destroy (RFC 8899 section 4.3): back to the base. Was there a way back? */
  fallBack(): boolean {
    if (this.size <= this.base) return false
    this.size = this.base
    this.suspend()
    return true
  }
}

const UDP_HEADER_BYTES = 8

/** RFC 8899 section 5.1.2: BASE_PLPMTU; of IPv6 every link carries 1,280 B (RFC 8200 section 5). */
const BASE_MTU = { ipv4: 1200, ipv6: 1280 }

/** Jumbo frames: more is to be had on the loopback only, where packets of 64 KiB mean bursts and waiting. */
const LARGEST_MTU = 9000

/** What IP and UDP take of each packet (RFC 6951 section 5.6). */
export const headerBytes = ({ address }: Pick<Route, 'address'>): number =>
  (address.includes(':') ? 40 : 20) + UDP_HEADER_BYTES

/**
 * How large SCTP packets to a peer may be: where they can be kept from being fragmented, up to what the interface and
 * the parameter `mtu` allow; elsewhere what `mtu` says, or the base, which hardly a network fragments.
 */
export function mtuLimits(context: MtuContext, to: Route): MtuLimits {
  const { mtu } = context.parameters
  const base = to.address.includes(':') ? BASE_MTU.ipv6 : BASE_MTU.ipv4
  const link = context.linkMtu(to.local)
  const ceiling = link === undefined ? (mtu ?? base) : Math.min(mtu ?? LARGEST_MTU, link)
  const packetBytes = (ipBytes: number): number => (ipBytes - headerBytes(to)) & ~3
  return {
    base: packetBytes(link === undefined ? ceiling : Math.min(base, ceiling)),
    ceiling: packetBytes(ceiling),
  }
}
