/** `known` and `new`: sources within their rate, heard before or not. `over`: over their rate. */
export type Share = 'known' | 'new' | 'over'

/** Of the answers of a second: what is kept for each, and the rest in order of arrival. */
const KEPT: Readonly<Record<Share, number>> = { known: 1 / 4, new: 1 / 4, over: 1 / 20 }
const COMMON = 1 - KEPT.known - KEPT.new - KEPT.over

/** Tokens for one purpose, at most those of a second. */
class Bucket {
  readonly #perSecond: number
  #tokens: number
  #filledAt: number

  constructor(perSecond: number, nowMillis: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#filledAt = nowMillis
  }

  take(nowMillis: number): boolean {
    const earned = ((nowMillis - this.#filledAt) / 1_000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned)
    this.#filledAt = nowMillis
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

/**
 * A limit of answers to all sources together. A share is kept for sources not seen before, whatever the others do, one
 * for those that are known, and what is over a source's rate gets little.
 */
export class TotalLimiter {
  readonly #common: Bucket
  readonly #kept: Readonly<Record<Share, Bucket>>

  /** @param perSecond answers in all; at least 20, so that each share holds one */
  constructor(perSecond: number, nowMillis: number) {
    const bucket = (share: number): Bucket => new Bucket(perSecond * share, nowMillis)
    this.#common = bucket(COMMON)
    this.#kept = { known: bucket(KEPT.known), new: bucket(KEPT.new), over: bucket(KEPT.over) }
  }

  /** @returns whether one more may be answered now */
  take(share: Share, nowMillis: number): boolean {
    if (share !== 'over' && this.#common.take(nowMillis)) return true
    return this.#kept[share].take(nowMillis)
  }
}
