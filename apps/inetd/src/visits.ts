import { createRateLimiter, type RateLimiter } from '@sockyard/service/rate-limiter'
import { peerKey } from '@sockyard/service/source-address'

/** Why no program is started for a visitor, the first that fits, in this order. */
export type VisitRefusal =
  | 'too-many'
  | 'too-many-of-service'
  | 'too-many-from-address'
  | 'rate-limited'

export interface VisitLimits {
  /** Programs of this service at once. */
  children: number
  /** Of them for one source address; an IPv6 /64 counts as one. */
  childrenPerAddress: number
  /** Starts a minute for one source address. */
  perMinute: number
}

/**
 * Who is served by one service now, and whether one more may be. Every bound is by source or by what runs at the
 * same time: nobody can use up the starts of somebody else, as he could of the classic `max`.
 */
export class Visits {
  readonly #byPeer = new Map<string, number>()
  readonly #nowMillis: () => number
  #limits: VisitLimits
  #limiter: RateLimiter
  #running = 0

  constructor(limits: VisitLimits, nowMillis = () => performance.now()) {
    this.#limits = limits
    this.#nowMillis = nowMillis
    this.#limiter = this.#createLimiter()
  }

  get running(): number {
    return this.#running
  }

  /** Who is in stays in. */
  setLimits(limits: VisitLimits): void {
    const { perMinute } = this.#limits
    this.#limits = limits
    if (limits.perMinute !== perMinute) this.#limiter = this.#createLimiter()
  }

  /**
   * Undefined when a program may be started for this address, and then one start is taken from it.
   *
   * @param isFull whether as many programs of all services run as there may be
   */
  refusal(address: string, isFull: boolean): VisitRefusal | undefined {
    const { children, childrenPerAddress } = this.#limits
    const key = peerKey(address)
    if (isFull) return 'too-many'
    if (this.#running >= children) return 'too-many-of-service'
    if ((this.#byPeer.get(key) ?? 0) >= childrenPerAddress) return 'too-many-from-address'
    return this.#limiter.take(key) === 'within' ? undefined : 'rate-limited'
  }

  enter(address: string): void {
    const key = peerKey(address)
    this.#running += 1
    this.#byPeer.set(key, (this.#byPeer.get(key) ?? 0) + 1)
  }

  leave(address: string): void {
    const key = peerKey(address)
    const left = (this.#byPeer.get(key) ?? 1) - 1
    this.#running -= 1
    if (left === 0) this.#byPeer.delete(key)
    else this.#byPeer.set(key, left)
  }

  #createLimiter(): RateLimiter {
    const { perMinute } = this.#limits
    const perSecond = perMinute / 60
    return createRateLimiter({ perSecond, burst: perMinute, nowMillis: this.#nowMillis })
  }
}
