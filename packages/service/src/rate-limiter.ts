/** `leaked`: over the rate, and answered all the same (see `leakOneIn`). */
type RateVerdict = 'within' | 'leaked' | 'limited'

export interface RateLimiterOptions {
  /** Tokens that come back in a second, for each source; 0 means no limit. One each 8 s is 1 / 8. */
  perSecond: number
  /** Tokens a source starts with and can save up; by default those of one second, at least 1. */
  burst?: number
  /**
   * Of what is over the rate, about one in this many is answered, at random, so that who forges a victim's
   * address cannot lock the victim out. By default none is.
   */
  leakOneIn?: number
  /** How many sources are remembered; the least recent is forgotten first. */
  maximumSources?: number
  /** A clock that never goes back, in milliseconds. */
  nowMillis?: () => number
  /** 0 to 1, as Math.random. */
  random?: () => number
}

export interface RateLimiter {
  /** Takes one token of this source, which is any key: an address, or `peerKey(address)`. */
  take(source: string): RateVerdict
  /** How many sources are remembered now. */
  readonly sources: number
}

/** What NTP servers do: 8 at once, then one each 8 s, and 1 in 4 of the rest still answered. */
export const NTP_RATE = { perSecond: 1 / 8, burst: 8, leakOneIn: 4 } as const

interface Bucket {
  tokens: number
  filledAt: number
}

/** A token bucket for each source, in a table of bounded size. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { perSecond, burst = Math.max(1, perSecond), leakOneIn, maximumSources = 10_000 } = options
  const { nowMillis = () => performance.now(), random = Math.random } = options
  // A Map keeps the order of insertion: the first key is the least recent one.
  const buckets = new Map<string, Bucket>()

  const touch = (source: string): Bucket => {
    const now = nowMillis()
    const bucket = buckets.get(source) ?? { tokens: burst, filledAt: now }
    buckets.delete(source)
    buckets.set(source, bucket)
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1_000) * perSecond)
    bucket.filledAt = now
    return bucket
  }
  const forgetOldest = (): void => {
    if (buckets.size <= maximumSources) return
    const oldest = buckets.keys().next()
    if (oldest.done !== true) buckets.delete(oldest.value)
  }
  const take = (source: string): RateVerdict => {
    if (perSecond === 0) return 'within'
    const bucket = touch(source)
    forgetOldest()
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return 'within'
    }
    return leakOneIn !== undefined && random() * leakOneIn < 1 ? 'leaked' : 'limited'
  }
  return {
    take,
    get sources() {
      return buckets.size
    },
  }
}
