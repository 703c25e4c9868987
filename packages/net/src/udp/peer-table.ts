import { type DatagramAddresses, addressText, addressWords } from '../address/address-words.ts'

/** Peers whose address falls into one set compete for its places. */
const PLACES_IN_SET = 4
const SETS = 128
const KEY_WORDS = 6
const PORT = 4
const SCOPE = 5
const RECEIVED = 0
const RECEIVED_BYTES = 1
const SENT = 2
const SENT_BYTES = 3
const SINCE = 4
const LAST = 5
const NUMBERS = 6
/** A peer that was silent for so long gives its place to any other. */
const SILENT_MILLIS = 60_000
/** Of more datagrams a second every so many-th one is looked at, and counts for the others. */
const COUNTED_A_SECOND = 4_000
/** After so many it is looked how fast they come. */
const WINDOW = 1_000

/** What datagrams one peer has sent and was sent, as far as it was noticed. */
export interface UdpPeer {
  /** Numeric; a link-local one with its zone as a number. */
  address: string
  port: number
  received: number
  receivedBytes: number
  sent: number
  sentBytes: number
  /** When it was first and last noticed, milliseconds since 1970. */
  since: number
  last: number
}

type Batch = DatagramAddresses & { readonly count: number; length(index: number): number }

/**
 * The peers of a UDP socket with the most traffic, in a table of bounded size that allocates nothing. Where its set is
 * full, a new peer takes the place of the one with the least traffic there. Over 4,000 datagrams a second it is an
 * estimate: every n-th is looked at, and counts for n.
 */
export class PeerTable {
  readonly #keys = new Int32Array(SETS * PLACES_IN_SET * KEY_WORDS)
  readonly #numbers = new Float64Array(SETS * PLACES_IN_SET * NUMBERS)
  readonly #key = new Int32Array(KEY_WORDS)
  readonly #nowMillis: () => number
  /** Makes it unknown to a peer which peers fall together. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0
  /** Every so many-th datagram is counted, from the one with this index in the batch on. */
  #stride = 1
  #first = 0
  /** Datagrams of the batch that was received last. */
  #batch = 0
  #seen = 0
  #windowBegan: number

  /** @param nowMillis since 1970 */
  constructor(nowMillis: () => number = Date.now) {
    this.#nowMillis = nowMillis
    this.#windowBegan = nowMillis()
  }

  /** To be called with each batch before it is answered. */
  received(batch: Batch): void {
    const { count } = batch
    this.#passBatch(count)
    if (this.#first >= count) return
    const now = this.#nowMillis()
    for (let index = this.#first; index < count; index += this.#stride) {
      this.#readKey(batch, index)
      this.#count(RECEIVED, this.#stride, batch.length(index) * this.#stride, now)
    }
  }

  /** An answer to a datagram of the batch that was received last. */
  answered(batch: DatagramAddresses, index: number, bytes: number): void {
    if (index < this.#first || (index - this.#first) % this.#stride !== 0) return
    this.#readKey(batch, index)
    this.#count(SENT, this.#stride, bytes * this.#stride, this.#nowMillis())
  }

  /** @param address numeric */
  sent(address: string, port: number, bytes: number): void {
    this.#key.set(addressWords(address))
    this.#key[PORT] = port
    this.#key[SCOPE] = Number(/%(\d+)$/.exec(address)?.[1] ?? 0)
    this.#count(SENT, 1, bytes, this.#nowMillis())
  }

  /** Those that are in it now. */
  peers(): UdpPeer[] {
    const all: UdpPeer[] = []
    for (let place = 0; place < SETS * PLACES_IN_SET; place += 1)
      if (this.#numberAt(place, LAST) > 0) all.push(this.#peerAt(place))
    return all
  }

  /** Where the next datagram to be counted is, in a batch of so many. */
  #passBatch(count: number): void {
    const passed = this.#batch - this.#first
    // What is left of the stride after the last one that was counted.
    this.#first = passed <= 0 ? -passed : (this.#stride - (passed % this.#stride)) % this.#stride
    this.#batch = count
    this.#seen += count
    if (this.#seen >= WINDOW) this.#beginWindow()
  }

  #beginWindow(): void {
    const now = this.#nowMillis()
    const aSecond = (this.#seen * 1_000) / Math.max(1, now - this.#windowBegan)
    this.#stride = Math.ceil(aSecond / COUNTED_A_SECOND)
    this.#first = Math.floor(Math.random() * this.#stride)
    this.#windowBegan = now
    this.#seen = 0
  }

  #peerAt(place: number): UdpPeer {
    const word = (index: number): number => this.#keys[place * KEY_WORDS + index] ?? 0
    const isIPv4 = word(0) === 0 && word(1) === 0 && word(2) === 0xffff
    const scope = word(SCOPE) === 0 ? '' : `%${word(SCOPE)}`
    return {
      address: `${addressText(isIPv4 ? 4 : 6, word)}${scope}`,
      port: word(PORT),
      received: this.#numberAt(place, RECEIVED),
      receivedBytes: this.#numberAt(place, RECEIVED_BYTES),
      sent: this.#numberAt(place, SENT),
      sentBytes: this.#numberAt(place, SENT_BYTES),
      since: this.#numberAt(place, SINCE),
      last: this.#numberAt(place, LAST),
    }
  }

  #readKey(datagrams: DatagramAddresses, index: number): void {
    const key = this.#key
    for (let word = 0; word < 4; word += 1) key[word] = datagrams.sourceWord(index, word)
    key[PORT] = datagrams.sourcePort(index)
    key[SCOPE] = datagrams.sourceScope(index)
  }

  /** @param number RECEIVED or SENT, behind which the bytes stand */
  #count(number: number, datagrams: number, bytes: number, now: number): void {
    const at = this.#place(now) * NUMBERS
    const numbers = this.#numbers
    numbers[at + number] = (numbers[at + number] ?? 0) + datagrams
    numbers[at + number + 1] = (numbers[at + number + 1] ?? 0) + bytes
    numbers[at + LAST] = now
  }

  /** That of the key, which takes the least one where it has none. */
  #place(now: number): number {
    const first = this.#set() * PLACES_IN_SET
    let least = first
    let leastWeight = Infinity
    for (let place = first; place < first + PLACES_IN_SET; place += 1) {
      if (this.#isKeyAt(place)) return place
      const weight = this.#weight(place, now)
      if (weight >= leastWeight) continue
      least = place
      leastWeight = weight
    }
    this.#keys.set(this.#key, least * KEY_WORDS)
    this.#numbers.fill(0, least * NUMBERS, (least + 1) * NUMBERS)
    this.#numbers[least * NUMBERS + SINCE] = now
    return least
  }

  #weight(place: number, now: number): number {
    const last = this.#numberAt(place, LAST)
    if (last === 0) return -1
    if (now - last > SILENT_MILLIS) return 0
    return this.#numberAt(place, RECEIVED_BYTES) + this.#numberAt(place, SENT_BYTES)
  }

  #isKeyAt(place: number): boolean {
    if (this.#numberAt(place, LAST) === 0) return false
    const at = place * KEY_WORDS
    for (let word = 0; word < KEY_WORDS; word += 1)
      if (this.#keys[at + word] !== this.#key[word]) return false
    return true
  }

  #numberAt(place: number, number: number): number {
    return this.#numbers[place * NUMBERS + number] ?? 0
  }

  #set(): number {
    let hash = this.#seed
    for (let word = 0; word < KEY_WORDS; word += 1) {
      hash = Math.imul(hash ^ (this.#key[word] ?? 0), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash & (SETS - 1)
  }
}

/** The same answer, whose bytes are told once they are known. */
export function sized(
  answer: Uint8Array | (() => Uint8Array),
  onSize: (bytes: number) => void,
): Uint8Array | (() => Uint8Array) {
  if (typeof answer !== 'function') {
    onSize(answer.length)
    return answer
  }
  return () => {
    const bytes = answer()
    onSize(bytes.length)
    return bytes
  }
}
