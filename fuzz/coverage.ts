/** Counts of one input fall into these classes, as AFL has them: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
const CLASS_OF = Uint8Array.from({ length: 256 }, (_, count) => classOf(count))

function classOf(count: number): number {
  if (count === 0) return 0
  const edges = [1, 2, 3, 7, 15, 31, 127, 255]
  return 1 << edges.findIndex((edge) => count <= edge)
}

/** Which branches were ever taken, and how often by one input. */
export class Coverage {
  readonly #counters: Uint8Array
  readonly #branches: () => number
  readonly #seen: Uint8Array
  /** Branches that were taken. */
  taken = 0

  constructor(counters: Uint8Array, branches: () => number) {
    this.#counters = counters
    this.#branches = branches
    this.#seen = new Uint8Array(counters.length)
  }

  get branches(): number {
    return this.#branches()
  }

  /** Before an input. */
  reset(): void {
    this.#counters.fill(0, 0, this.#branches())
  }

  /** After an input: whether it took a branch, or took one so often, that none before it did. */
  isNew(): boolean {
    const end = this.#branches()
    let found = false
    for (let index = 0; index < end; index += 1) {
      const count = this.#counters[index] as number
      if (count === 0) continue
      const seen = this.#seen[index] as number
      const merged = seen | (CLASS_OF[count] as number)
      if (merged === seen) continue
      if (seen === 0) this.taken += 1
      this.#seen[index] = merged
      found = true
    }
    return found
  }
}
