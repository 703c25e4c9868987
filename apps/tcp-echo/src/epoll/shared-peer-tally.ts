import { hash } from 'node:crypto'

import { LocalPeerTally, type PeerTally } from '@sockyard/service/peer-tally'

/** A tally that several threads may write to, one at a time. */
export interface GuardedTally extends PeerTally {
  exclusively<Result>(action: () => Result): Result
}

/** @param memory of `peerTallyMemory`, where several threads share it */
export function createPeerTally(memory: SharedArrayBuffer | undefined): GuardedTally {
  return memory === undefined ? new LonelyPeerTally() : new SharedPeerTally(memory)
}

class LonelyPeerTally extends LocalPeerTally implements GuardedTally {
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

/** @param connections the most there may be at once: the table is never more than half full */
export function peerTallyMemory(connections: number): SharedArrayBuffer {
  const slots = 2 ** Math.ceil(Math.log2(2 * connections + 1))
  return new SharedArrayBuffer(4 * (HEAD_WORDS + SLOT_WORDS * slots))
}

/** A hash table with linear probing, in memory that threads share. */
class SharedPeerTally implements GuardedTally {
  readonly #words: Int32Array
  readonly #slots: number

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#slots = (this.#words.length - HEAD_WORDS) / SLOT_WORDS
  }

  get total(): number {
    return this.#at(TOTAL)
  }

  of(peer: string): number {
    return this.#at(this.#slotOf(keyOf(peer)) + COUNT)
  }

  enter(peer: string): void {
    const key = keyOf(peer)
    const slot = this.#slotOf(key)
    this.#words.set(key, slot)
    this.#words[slot + COUNT] = this.#at(slot + COUNT) + 1
    this.#words[TOTAL] = this.total + 1
  }

  leave(peer: string): void {
    const slot = this.#slotOf(keyOf(peer))
    const left = this.#at(slot + COUNT) - 1
    this.#words[slot + COUNT] = left
    this.#words[TOTAL] = this.total - 1
    if (left === 0) this.#fill((slot - HEAD_WORDS) / SLOT_WORDS)
  }

  /** A futex(2) in JavaScript: whoever comes second sleeps until the lock is free. */
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

  /** Moves those up who had to go past the slot that is free now: a search ends at the first free one. */
  #fill(free: number): void {
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
  const digest = hash('sha1', peer, 'buffer')
  return Int32Array.from([0, 4, 8, 12], (offset) => digest.readInt32LE(offset))
}
