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
    this.size = limits().base
  }

  /** Begins a search, upwards from the size in use. */
  begin(): void {
    const { ceiling } = this.#limits()
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

  /** Large packets vanish (RFC 8899 section 4.3): back to the base. Was there a way back? */
  fallBack(): boolean {
    const { base } = this.#limits()
    if (this.size <= base) return false
    this.size = base
    this.suspend()
    return true
  }
}
