import { AddressRecord, type DatagramAddresses } from '../address/address-words.ts'
import { type Share, TotalLimiter } from './total-limiter.ts'

/**
 * `leaked`: over the rate, and answered all the same (see `leakOneIn`). `total-limited`: it would have been answered,
 * were it not for all the others (see `totalPerSecond`).
 */
export type RateVerdict = 'within' | 'leaked' | 'limited' | 'total-limited'

/** A token bucket for each source. */
export interface RateLimiterOptions {
  /** Tokens that come back in a second, for each source; 0 means no limit. One each 8 s is 1 / 8. */
  perSecond: number
  /** Tokens a source starts with and can save up; by default those of one second, at least 1. */
  burst?: number
  /**
   * Of what is over the rate, about one in this many is answered, at random, so that an attacker who forges a victim's
   * address cannot lock the victim out. By default none is.
   */
  leakOneIn?: number
  /**
   * Answers a second to all sources together, with a share for sources not seen before and a small one for what is
   * leaked; 20 at least. By default, and for 0, there is no such limit.
   */
  totalPerSecond?: number
  /** How many sources are remembered; the least recent is forgotten first. @default 10000 */
  maximumSources?: number
  /** A clock that never goes back, in milliseconds. */
  nowMillis?: () => number
  /** 0 to 1, as Math.random. */
  random?: () => number
}

/** What NTP servers do: 8 at once, then one each 8 s, and 1 in 4 of the rest still answered. */
export const NTP_RATE = { perSecond: 1 / 8, burst: 8, leakOneIn: 4 } as const

const KEY_WORDS = 4
/** fe80::/10: the whole link has one /64, so that each address counts alone. */
const LINK_LOCAL = 0xfe80 >>> 6

/**
 * A token bucket for each source, which is an IPv4 address or an IPv6 /64 (as `clientPrefix` has it), in a table of
 * bounded size that allocates nothing: a hash table with chains, and a list from the most to the least recent, in
 * typed arrays. Entries are numbered from 1; 0 is none.
 */
export class RateLimiter {
  readonly #perSecond: number
  readonly #burst: number
  readonly #leakOneIn: number | undefined
  readonly #total: TotalLimiter | undefined
  readonly #maximum: number
  readonly #nowMillis: () => number
  readonly #random: () => number
  /** Makes it unknown to a peer which sources fall together. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0
  readonly #heads: Int32Array
  readonly #keys: Int32Array
  readonly #chain: Int32Array
  readonly #newer: Int32Array
  readonly #older: Int32Array
  readonly #tokens: Float64Array
  readonly #filledAt: Float64Array
  /** The key that is looked for. */
  readonly #key = new Int32Array(KEY_WORDS)
  readonly #record = new AddressRecord()
  #newest = 0
  #oldest = 0
  #count = 0

  constructor(options: RateLimiterOptions) {
    const {
      perSecond,
      burst = Math.max(1, perSecond),
      leakOneIn,
      totalPerSecond = 0,
      maximumSources = 10_000,
    } = options
    const { nowMillis = () => performance.now(), random = Math.random } = options
    const entries = (perSecond === 0 ? 0 : maximumSources) + 1
    this.#perSecond = perSecond
    this.#burst = burst
    this.#leakOneIn = leakOneIn
    this.#maximum = maximumSources
    this.#nowMillis = nowMillis
    this.#random = random
    this.#total = totalPerSecond === 0 ? undefined : new TotalLimiter(totalPerSecond, nowMillis())
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(entries)))
    this.#keys = new Int32Array(entries * KEY_WORDS)
    this.#chain = new Int32Array(entries)
    this.#newer = new Int32Array(entries)
    this.#older = new Int32Array(entries)
    this.#tokens = new Float64Array(entries)
    this.#filledAt = new Float64Array(entries)
  }

  /** How many sources are remembered now. */
  get sources(): number {
    return this.#count
  }

  /** Takes one token of this source. @param address numeric, a link-local one with its zone */
  take(address: string): RateVerdict {
    if (this.#perSecond === 0) return 'within'
    this.#record.setSource(address, 0)
    return this.takeSource(this.#record, 0, this.#nowMillis())
  }

  /** `take` of a datagram's source. @param nowMillis that of the whole batch */
  takeSource(
    datagrams: DatagramAddresses,
    index: number,
    nowMillis = this.#nowMillis(),
  ): RateVerdict {
    if (this.#perSecond === 0) return 'within'
    this.#readKey(datagrams, index)
    const slot = this.#slot(this.#key, 0)
    const entry = this.#find(slot)
    if (entry === 0) this.#add(slot, nowMillis)
    else if (!this.#takeAgain(entry, nowMillis)) return this.#leak(nowMillis)
    return this.#takeOfTotal(entry === 0 ? 'new' : 'known', nowMillis) ? 'within' : 'total-limited'
  }

  #leak(nowMillis: number): RateVerdict {
    const isChosen = this.#leakOneIn !== undefined && this.#random() * this.#leakOneIn < 1
    if (!isChosen) return 'limited'
    return this.#takeOfTotal('over', nowMillis) ? 'leaked' : 'total-limited'
  }

  #takeOfTotal(share: Share, nowMillis: number): boolean {
    return this.#total === undefined || this.#total.take(share, nowMillis)
  }

  #takeAgain(entry: number, nowMillis: number): boolean {
    if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#link(entry)
    }
    const earned = ((nowMillis - (this.#filledAt[entry] ?? 0)) / 1_000) * this.#perSecond
    const tokens = Math.min(this.#burst, (this.#tokens[entry] ?? 0) + earned)
    this.#filledAt[entry] = nowMillis
    this.#tokens[entry] = tokens >= 1 ? tokens - 1 : tokens
    return tokens >= 1
  }

  #add(slot: number, nowMillis: number): void {
    const entry = this.#count < this.#maximum ? (this.#count += 1) : this.#forgetOldest()
    this.#keys.set(this.#key, entry * KEY_WORDS)
    this.#chain[entry] = this.#heads[slot] ?? 0
    this.#heads[slot] = entry
    this.#tokens[entry] = this.#burst - 1
    this.#filledAt[entry] = nowMillis
    this.#link(entry)
  }

  /** @returns its number, to be used again */
  #forgetOldest(): number {
    const entry = this.#oldest
    const slot = this.#slot(this.#keys, entry * KEY_WORDS)
    if (this.#heads[slot] === entry) this.#heads[slot] = this.#chain[entry] ?? 0
    else this.#chain[this.#before(slot, entry)] = this.#chain[entry] ?? 0
    this.#unlink(entry)
    return entry
  }

  /** The entry that comes before `entry` in its chain. */
  #before(slot: number, entry: number): number {
    let before = this.#heads[slot] ?? 0
    while (this.#chain[before] !== entry) before = this.#chain[before] ?? 0
    return before
  }

  #find(slot: number): number {
    let entry = this.#heads[slot] ?? 0
    while (entry !== 0 && !this.#isKeyOf(entry)) entry = this.#chain[entry] ?? 0
    return entry
  }

  #isKeyOf(entry: number): boolean {
    const at = entry * KEY_WORDS
    for (let word = 0; word < KEY_WORDS; word += 1)
      if (this.#keys[at + word] !== this.#key[word]) return false
    return true
  }

  /** An IPv4 address, an IPv6 /64, or a link-local address with its interface in the word that is 0 otherwise. */
  #readKey(datagrams: DatagramAddresses, index: number): void {
    const key = this.#key
    for (let word = 0; word < KEY_WORDS; word += 1) key[word] = datagrams.sourceWord(index, word)
    if (datagrams.sourceFamily(index) !== 6) return
    if ((key[0] ?? 0) >>> 22 === LINK_LOCAL) key[1] = datagrams.sourceScope(index)
    else key.fill(0, 2)
  }

  #slot(words: Int32Array, at: number): number {
    let hash = this.#seed
    for (let word = at; word < at + KEY_WORDS; word += 1) {
      hash = Math.imul(hash ^ (words[word] ?? 0), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash & (this.#heads.length - 1)
  }

  #link(entry: number): void {
    this.#older[entry] = this.#newest
    this.#newer[entry] = 0
    if (this.#newest === 0) this.#oldest = entry
    else this.#newer[this.#newest] = entry
    this.#newest = entry
  }

  #unlink(entry: number): void {
    const newer = this.#newer[entry] ?? 0
    const older = this.#older[entry] ?? 0
    if (newer === 0) this.#newest = older
    else this.#older[newer] = older
    if (older === 0) this.#oldest = newer
    else this.#newer[older] = newer
  }
}
