import { LocalPeerCounter, RateLimiter } from '@sockyard/net/access'
import { clientPrefix } from '@sockyard/net/address'

/** Why no program is started for a client, the first that fits, in this order. */
export type ProgramRejection =
  | 'too-many'
  | 'too-many-of-service'
  | 'too-many-from-address'
  | 'rate-limited'

export interface ProgramLimits {
  /** Programs of this service at once. */
  programs: number
  /** Of them for one source address; an IPv6 /64 counts as one. Of more than one program it never gets all. */
  childrenPerAddress: number
  /** Starts a minute for one source address. */
  perMinute: number
}

/** So many of a maximum that one address cannot shut out all others: half, and one at least. */
export function addressShare(maximum: number): number {
  return Math.max(1, Math.floor(maximum / 2))
}

/**
 * The programs of one service that run now, by source, and whether one more may be started. Each limit is by source
 * or by what runs at the same time: unlike with the classic `max`, no client can use up the starts of another.
 */
export class ProgramLimiter {
  readonly #counter = new LocalPeerCounter()
  readonly #nowMillis: () => number
  #limits: ProgramLimits
  #limiter: RateLimiter

  constructor(limits: ProgramLimits, nowMillis = () => performance.now()) {
    this.#limits = limits
    this.#nowMillis = nowMillis
    this.#limiter = this.#createLimiter()
  }

  get running(): number {
    return this.#counter.total
  }

  /** Programs that run are not affected. */
  setLimits(limits: ProgramLimits): void {
    const { perMinute } = this.#limits
    this.#limits = limits
    if (limits.perMinute !== perMinute) this.#limiter = this.#createLimiter()
  }

  /** Undefined when a program may be started for this address, and then one start is taken from it. */
  rejectReason(address: string): ProgramRejection | undefined {
    const { programs, childrenPerAddress } = this.#limits
    const share = Math.max(1, Math.min(childrenPerAddress, programs - 1))
    if (this.#counter.total >= programs) return 'too-many-of-service'
    if (this.#counter.count(clientPrefix(address)) >= share) return 'too-many-from-address'
    return this.#limiter.take(address) === 'within' ? undefined : 'rate-limited'
  }

  acquire(address: string): void {
    this.#counter.acquire(clientPrefix(address))
  }

  release(address: string): void {
    this.#counter.release(clientPrefix(address))
  }

  #createLimiter(): RateLimiter {
    const { perMinute } = this.#limits
    const perSecond = perMinute / 60
    return new RateLimiter({ perSecond, burst: perMinute, nowMillis: this.#nowMillis })
  }
}
