/** How many connections each peer has, and all together. */
export interface PeerCounter {
  /** Connections of all peers. */
  readonly total: number
  /** @param peer its `clientPrefix` */
  count(peer: string): number
  /** Counts one more connection of this peer. */
  acquire(peer: string): void
  /** Counts one fewer; to be called once for each `acquire`. */
  release(peer: string): void
  /** Runs `action` while no other thread changes the counts. */
  exclusively<Result>(action: () => Result): Result
}

/** The counts of one thread. */
export class LocalPeerCounter implements PeerCounter {
  readonly #byPeer = new Map<string, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  count(peer: string): number {
    return this.#byPeer.get(peer) ?? 0
  }

  acquire(peer: string): void {
    this.#byPeer.set(peer, this.count(peer) + 1)
    this.#total += 1
  }

  release(peer: string): void {
    const left = this.count(peer) - 1
    if (left === 0) this.#byPeer.delete(peer)
    else this.#byPeer.set(peer, left)
    this.#total -= 1
  }

  exclusively<Result>(action: () => Result): Result {
    return action()
  }
}

/** The lock, the total, and then a slot for each peer: 128 bits of its name's hash, and how many it has. */
const HEAD_WORDS = 2
const SLOT_WORDS = 5
const LOCK = 0
const TOTAL = 1
const COUNT = 4

/** Counts that threads share: a hash table with linear probing. All changes happen in `exclusively`. */
export class SharedPeerCounter implements PeerCounter {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #slots: number

  /** @param memory of another thread's counter, or of `SharedPeerCounter.allocate` */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#slots = (this.#words.length - HEAD_WORDS) / SLOT_WORDS
  }

  /** @param connections the most there may be at once: the table is never more than half full */
  static allocate(connections: number): SharedArrayBuffer {
    const slots = 2 ** Math.ceil(Math.log2(2 * connections + 1))
    return new SharedArrayBuffer(4 * (HEAD_WORDS + SLOT_WORDS * slots))
  }

  get total(): number {
    return this.#at(TOTAL)
  }

  count(peer: string): number {
    return this.#at(this.#slotOf(keyOf(peer)) + COUNT)
  }

  acquire(peer: string): void {
    const key = keyOf(peer)
    const slot = this.#slotOf(key)
    this.#words.set(key, slot)
    this.#words[slot + COUNT] = this.#at(slot + COUNT) + 1
    this.#words[TOTAL] = this.total + 1
  }

  release(peer: string): void {
    const slot = this.#slotOf(keyOf(peer))
    const left = this.#at(slot + COUNT) - 1
    this.#words[slot + COUNT] = left
    this.#words[TOTAL] = this.total - 1
    if (left === 0) this.#closeGap((slot - HEAD_WORDS) / SLOT_WORDS)
  }

  /** A futex(2) in JavaScript: the second thread sleeps until the lock is free. */
  exclusively<Result>(action: () => Result): Result {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0)
      Atomics.wait(this.#words, LOCK, 1, 1)
    try {
      return action()
    } finally {
      Atomics.store(this.#words, LOCK, 0)
      Atomics.notify(this.#words, LOCK, 1)
    }
  }

  /** The word where this peer's slot begins, or the free one that it would get. */
  #slotOf(key: Int32Array): number {
    for (let index = this.#home(key[0] ?? 0); ; index = this.#next(index)) {
      const slot = HEAD_WORDS + SLOT_WORDS * index
      if (this.#at(slot + COUNT) === 0 || this.#isAt(slot, key)) return slot
    }
  }

  #isAt(slot: number, key: Int32Array): boolean {
    return key.every((word, offset) => this.#at(slot + offset) === word)
  }

  /** Moves up the slots that were displaced past the free one: a search ends at the first free slot. */
  #closeGap(free: number): void {
    let gap = free
    for (let index = this.#next(gap); ; index = this.#next(index)) {
      const slot = HEAD_WORDS + SLOT_WORDS * index
      if (this.#at(slot + COUNT) === 0) return
      const home = this.#home(this.#at(slot))
      if (this.#distance(home, index) < this.#distance(gap, index)) continue
      this.#words.copyWithin(HEAD_WORDS + SLOT_WORDS * gap, slot, slot + SLOT_WORDS)
      this.#words[slot + COUNT] = 0
      gap = index
    }
  }

  #home(word: number): number {
    return (word >>> 0) % this.#slots
  }

  #next(index: number): number {
    return (index + 1) % this.#slots
  }

  #distance(from: number, to: number): number {
    return (to - from + this.#slots) % this.#slots
  }

  #at(word: number): number {
    return this.#words[word] ?? 0
  }
}

function keyOf(peer: string): Int32Array {
  // As an import it would be 25 ms and 5 MB for every server, of which few count in shared memory.
  const { hash } = process.getBuiltinModule('node:crypto')
  const digest = hash('sha1', peer, 'buffer')
  return Int32Array.from([0, 4, 8, 12], (offset) => digest.readInt32LE(offset))
}
