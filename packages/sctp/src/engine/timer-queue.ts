import type { Association } from '../association/association.ts'

/** A time at which an association wanted to be looked at. */
interface TimerEntry {
  at: number
  association: Association
}

const COMPACT_AT = 64

/**
 * When to look at which association, earliest first: a binary heap. Timers are moved to later with
 * almost every packet; an entry then stays where it is, and what it finds is that nothing is due.
 */
export class TimerQueue {
  #heap: TimerEntry[] = []
  /** Entries of associations that have ended, at most. */
  #stale = 0

  /** When the earliest entry is due; infinity when there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Enters the association's earliest deadline, if no entry comes before it. */
  schedule(association: Association): void {
    const { deadline } = association
    if (deadline >= association.scheduledAt || association.state === 'CLOSED') return
    association.scheduledAt = deadline
    this.#heap.push({ at: deadline, association })
    this.#rise(this.#heap.length - 1)
  }

  /** The association has ended: its entries are dropped once they are the greater part. */
  forget(association: Association): void {
    if (association.scheduledAt === Number.POSITIVE_INFINITY) return
    this.#stale += 1
    if (this.#stale < COMPACT_AT || this.#stale * 2 < this.#heap.length) return
    const live = this.#heap.filter((entry) => entry.association.state !== 'CLOSED')
    // A sorted array is a heap.
    this.#heap = live.toSorted((a, b) => a.at - b.at)
    this.#stale = 0
  }

  /** Takes one association whose entry is due. */
  take(now: number): Association | undefined {
    const [first] = this.#heap
    if (!first || first.at > now) return undefined
    const last = this.#heap.pop()
    if (last && last !== first) {
      this.#heap[0] = last
      this.#sink(0)
    }
    if (first.association.scheduledAt === first.at)
      first.association.scheduledAt = Number.POSITIVE_INFINITY
    return first.association
  }

  #rise(start: number): void {
    for (let index = start; index > 0;) {
      const parent = (index - 1) >> 1
      if (this.#at(parent) <= this.#at(index)) return
      this.#swap(parent, index)
      index = parent
    }
  }

  #sink(start: number): void {
    for (let index = start; ;) {
      const left = index * 2 + 1
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (this.#at(child) >= this.#at(index)) return
      this.#swap(child, index)
      index = child
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Number.POSITIVE_INFINITY
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a]
    const second = this.#heap[b]
    if (!first || !second) return
    this.#heap[a] = second
    this.#heap[b] = first
  }
}
