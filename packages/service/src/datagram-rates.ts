import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'

import { addressBytes } from './address-bytes.ts'
import { unmapped } from './source-address.ts'

const KEY_WORDS = 4
/** fe80::/10: the whole link has one /64, so that each address counts alone. */
const LINK_LOCAL = 0xfe80 >>> 6

/** What stands before an IPv4 address (RFC 4291, 2.5.5.2). */
const MAPPED_WORDS = [0, 0, 0xffff]

export interface DatagramRatesOptions {
  /** Tokens that come back in a second, for each source; 0 means no limit. */
  perSecond: number
  /** Tokens a source starts with and can save up; by default those of one second, at least 1. */
  burst?: number
  /** How many sources are remembered; the least recent is forgotten first. */
  maximumSources: number
  /** Makes it unknown to a peer which sources fall together; random by default. */
  seed?: number
}

/**
 * A token bucket for each source of datagrams in batches, as `createRateLimiter` and `peerKey` have it, without
 * allocation: a hash table with chains, and a list from the most to the least recent, in typed arrays. Entries are
 * numbered from 1; 0 is none.
 */
export class DatagramRates {
  readonly #perSecond: number
  readonly #burst: number
  readonly #maximum: number
  readonly #seed: number
  readonly #heads: Int32Array
  readonly #keys: Int32Array
  readonly #chain: Int32Array
  readonly #newer: Int32Array
  readonly #older: Int32Array
  readonly #tokens: Float64Array
  readonly #filledAt: Float64Array
  /** The key that is looked for. */
  readonly #key = new Int32Array(KEY_WORDS)
  #newest = 0
  #oldest = 0
  #count = 0

  constructor(options: DatagramRatesOptions) {
    const { perSecond, burst = Math.max(1, perSecond), maximumSources } = options
    const { seed = Math.random() * 2 ** 32 } = options
    const entries = maximumSources + 1
    this.#perSecond = perSecond
    this.#burst = burst
    this.#maximum = maximumSources
    this.#seed = seed | 0
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

  /** Takes one token of the source of this datagram; false when it has none. */
  take(received: ReceivedDatagrams, index: number, nowMillis: number): boolean {
    if (this.#perSecond === 0) return true
    this.#readKey(received, index)
    return this.#takeOne(nowMillis)
  }

  /** As `take`, of a source as node:dgram gives it, whose zone id is the name of an interface. */
  takeFrom(address: string, nowMillis: number): boolean {
    if (this.#perSecond === 0) return true
    this.#parseKey(unmapped(address))
    return this.#takeOne(nowMillis)
  }

  #takeOne(nowMillis: number): boolean {
    const slot = this.#slot(this.#key, 0)
    const entry = this.#find(slot)
    return entry === 0 ? this.#add(slot, nowMillis) : this.#takeAgain(entry, nowMillis)
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

  #add(slot: number, nowMillis: number): true {
    const entry = this.#count < this.#maximum ? (this.#count += 1) : this.#forgetOldest()
    this.#keys.set(this.#key, entry * KEY_WORDS)
    this.#chain[entry] = this.#heads[slot] ?? 0
    this.#heads[slot] = entry
    this.#tokens[entry] = this.#burst - 1
    this.#filledAt[entry] = nowMillis
    this.#link(entry)
    return true
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
  #readKey(received: ReceivedDatagrams, index: number): void {
    const key = this.#key
    for (let word = 0; word < KEY_WORDS; word += 1) key[word] = received.sourceWord(index, word)
    if (received.sourceFamily(index) === 6) this.#shorten(received.sourceScope(index))
  }

  #parseKey(address: string): void {
    const bytes = addressBytes(address)
    const first = KEY_WORDS - bytes.length / 4
    this.#key.set(MAPPED_WORDS)
    for (let at = 0; at < bytes.length; at += 4) this.#key[first + at / 4] = bigEndian(bytes, at)
    if (first === 0) this.#shorten(zoneNumber(address))
  }

  #shorten(scope: number): void {
    if ((this.#key[0] ?? 0) >>> 22 === LINK_LOCAL) this.#key[1] = scope
    else this.#key.fill(0, 2)
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

function bigEndian(bytes: readonly number[], at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.slice(at, at + 4)
  return (first << 24) | (second << 16) | (third << 8) | fourth
}

/** Tells the zones of one host apart, which are few. */
function zoneNumber(address: string): number {
  const [, zone = ''] = address.split('%')
  let number = 0
  for (const byte of Buffer.from(zone)) number = Math.imul(number, 31) + byte
  return number
}
