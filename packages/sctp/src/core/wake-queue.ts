import type { Association } from './association.ts'

/** A time at which an association wanted to be looked at. */
interface Wake {
  at: number
  association: Association
}

/**
 * When to look at which association, earliest first: a binary heap. Timers are moved to later with
 * almost every packet; an entry then stays where it is, and what it finds is that nothing is due.
 */
export class WakeQueue {
  readonly #heap: Wake[] = []

  /** When the earliest entry is due; infinity when there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Enters the association's earliest deadline, if no entry comes before it. */
  schedule(association: Association): void {
    const { deadline } = association
    if (deadline >= association.wakeAt || association.state === 'CLOSED') return
    association.wakeAt = deadline
    this.#heap.push({ at: deadline, association })
    this.#rise(this.#heap.length - 1)
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
    if (first.association.wakeAt === first.at) first.association.wakeAt = Number.POSITIVE_INFINITY
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
