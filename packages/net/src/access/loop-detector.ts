import type { DatagramAddresses } from '../address/address-words.ts'

/** What is needed of a datagram to tell whether it is one that was answered before. */
export interface LoopDatagrams extends DatagramAddresses {
  /** The payload. */
  bytes(index: number): Uint8Array
}

/** What counts as a loop. */
export interface LoopDetectorOptions {
  /**
   * Whether only the same payload again counts. False for services whose answers change although they are caught in a
   * loop, such as daytime (RFC 867), where any payload is a request. @default true
   */
  comparePayload?: boolean
  /** A clock that never goes back, in milliseconds. */
  nowMillis?: () => number
}

/** So often in a row, and for so long, the same comes back before it is taken for a loop. */
const REPEATS = 100
const LEAST_MILLIS = 2_000
/** What pauses for so long is no loop: no path on earth takes longer. */
const PAUSE_MILLIS = 500
/** So many that would come in a row get no answer, and the last quarter shows whether it was a loop: of 24 at most. */
const UNANSWERED = 32
const LEAST_MUTE_MILLIS = 20
const LONGEST_MUTE_MILLIS = 1_000
/** A source that goes on without our answers is a client. For so long it is left alone. */
const EXEMPT_MILLIS = 60_000
/** Of a flood, datagrams are looked at one by one no more often. */
const SAMPLE_MILLIS = 0.2
/** A power of two. */
const SLOTS = 2_048
const MAXIMUM_MUTES = 16
/** Enough of a payload to tell most apart; what looks like a loop by it is compared whole. */
const PREFIX_BYTES = 64

/** A source and payload that gets no answer for a moment. */
interface Mute {
  readonly key: number
  readonly slot: number
  readonly until: number
  /** From here on a loop would have died down. */
  readonly silentFrom: number
  goesOn: boolean
}

/**
 * Notices two services that answer each other (CERT CA-1996-01), at ports that no list knows: the same payload comes
 * back from the same address and port again and again, without a pause. Then a few answers are withheld. A loop lives
 * on our answers and is over; a client that sends one payload over and over loses those few, at most once a minute.
 *
 * Memory is bounded: one table of counts, in which what comes often displaces what comes seldom. A datagram costs
 * nothing but a look at the clock unless it is a sample, or something is being muted.
 */
export class LoopDetector {
  readonly #comparePayload: boolean
  readonly #nowMillis: () => number
  /** Makes it unknown to a peer which datagrams fall together. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0
  readonly #keys = new Int32Array(SLOTS)
  /** How often in a row; EXEMPT for a client. */
  readonly #counts = new Int32Array(SLOTS)
  readonly #firstAt = new Float64Array(SLOTS)
  readonly #lastAt = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY)
  /** Of the whole payload, once half of the repeats were counted. */
  readonly #payloads = new Int32Array(SLOTS)
  readonly #exemptUntil = new Float64Array(SLOTS)
  #mutes: Mute[] = []
  #sampledAt = Number.NEGATIVE_INFINITY

  constructor(options: LoopDetectorOptions = {}) {
    const { comparePayload = true, nowMillis = () => performance.now() } = options
    this.#comparePayload = comparePayload
    this.#nowMillis = nowMillis
  }

  /**
   * Takes note of a datagram that may be answered.
   *
   * @param nowMillis that of the whole batch
   * @returns whether it belongs to a loop, and must not be answered
   */
  isLoop(datagrams: LoopDatagrams, index: number, nowMillis = this.#nowMillis()): boolean {
    const isSample = nowMillis - this.#sampledAt >= SAMPLE_MILLIS
    if (!isSample && this.#mutes.length === 0) return false
    const key = this.#keyOf(datagrams, index)
    if (this.#isMuted(key, nowMillis)) return true
    if (!isSample) return false
    this.#sampledAt = nowMillis
    const slot = key & (SLOTS - 1)
    this.#count(slot, key, nowMillis)
    return this.#isSuspect(slot, datagrams, index, nowMillis) && this.#mute(slot, key, nowMillis)
  }

  #count(slot: number, key: number, nowMillis: number): void {
    const count = this.#counts[slot] ?? 0
    const hasPaused = nowMillis - (this.#lastAt[slot] ?? 0) >= PAUSE_MILLIS
    if (this.#keys[slot] === key && !hasPaused) {
      this.#counts[slot] = count + 1
      this.#lastAt[slot] = nowMillis
    } else if (hasPaused || count <= 1) this.#begin(slot, key, nowMillis)
    else this.#counts[slot] = count - 1
  }

  #begin(slot: number, key: number, nowMillis: number): void {
    if (this.#keys[slot] !== key) this.#exemptUntil[slot] = 0
    this.#keys[slot] = key
    this.#counts[slot] = 1
    this.#firstAt[slot] = nowMillis
    this.#lastAt[slot] = nowMillis
  }

  #isSuspect(slot: number, datagrams: LoopDatagrams, index: number, nowMillis: number): boolean {
    const count = this.#counts[slot] ?? 0
    if (count < REPEATS / 2 || this.#lastAt[slot] !== nowMillis) return false
    if (!this.#isSamePayload(slot, count, datagrams, index)) {
      this.#counts[slot] = 1
      this.#firstAt[slot] = nowMillis
      return false
    }
    if (count < REPEATS || nowMillis < (this.#exemptUntil[slot] ?? 0)) return false
    return nowMillis - (this.#firstAt[slot] ?? 0) >= LEAST_MILLIS
  }

  /** Compares all of it, which the key does not. */
  #isSamePayload(slot: number, count: number, datagrams: LoopDatagrams, index: number): boolean {
    if (!this.#comparePayload) return true
    const bytes = datagrams.bytes(index)
    const payload = hashOf(bytes, bytes.length, this.#seed)
    if (count === REPEATS / 2) this.#payloads[slot] = payload
    return this.#payloads[slot] === payload
  }

  #mute(slot: number, key: number, nowMillis: number): boolean {
    if (this.#mutes.length === MAXIMUM_MUTES) return false
    const gapMillis = (nowMillis - (this.#firstAt[slot] ?? 0)) / (this.#counts[slot] ?? 1)
    const wanted = Math.max(LEAST_MUTE_MILLIS, UNANSWERED * gapMillis)
    const millis = Math.min(LONGEST_MUTE_MILLIS, wanted)
    const silentFrom = nowMillis + (millis * 3) / 4
    this.#mutes.push({ key, slot, until: nowMillis + millis, silentFrom, goesOn: false })
    this.#counts[slot] = 0
    return true
  }

  #isMuted(key: number, nowMillis: number): boolean {
    if (this.#mutes.length === 0) return false
    const over = this.#mutes.filter(({ until }) => until <= nowMillis)
    if (over.length > 0) this.#end(over, nowMillis)
    const mute = this.#mutes.find((each) => each.key === key)
    if (mute === undefined) return false
    mute.goesOn ||= nowMillis >= mute.silentFrom
    return true
  }

  #end(over: readonly Mute[], nowMillis: number): void {
    this.#mutes = this.#mutes.filter((each) => !over.includes(each))
    for (const { key, slot, goesOn } of over)
      if (goesOn && this.#keys[slot] === key) this.#exemptUntil[slot] = nowMillis + EXEMPT_MILLIS
  }

  /** Of source, port and, where it counts, the beginning of the payload. */
  #keyOf(datagrams: LoopDatagrams, index: number): number {
    let hash = mix(this.#seed, datagrams.sourcePort(index))
    for (let word = 0; word < 4; word += 1) hash = mix(hash, datagrams.sourceWord(index, word))
    if (!this.#comparePayload) return hash
    const bytes = datagrams.bytes(index)
    return hashOf(bytes, Math.min(bytes.length, PREFIX_BYTES), mix(hash, bytes.length))
  }
}

function hashOf(bytes: Uint8Array, length: number, seed: number): number {
  let hash = seed
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193)
  return mix(hash, length)
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e37_79b1)
  return mixed ^ (mixed >>> 15)
}
