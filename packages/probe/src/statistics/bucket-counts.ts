/** How many values lay from `fromMicros` on and below `toMicros`; null: no upper end. */
interface Bucket {
  fromMicros: number
  toMicros: number | null
  count: number
}

/** 0, then 1, 2 and 5 of each power of ten, from 1 µs to 50 s. */
const BOUNDS: readonly number[] = [
  0,
  ...Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat(),
]

/** The distribution of round trips over buckets of fixed bounds, for `--histogram`. */
export class BucketCounts {
  readonly #counts = BOUNDS.map(() => 0)

  /** @param micros 0 or more */
  record(micros: number): void {
    const above = BOUNDS.findIndex((bound) => bound > micros)
    const index = (above === -1 ? BOUNDS.length : above) - 1
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  /** From the first bucket that holds a value to the last one; none of nothing. */
  buckets(): Bucket[] {
    const first = this.#counts.findIndex((count) => count > 0)
    const last = this.#counts.findLastIndex((count) => count > 0)
    return BOUNDS.map((fromMicros, index) => {
      const count = this.#counts[index] ?? 0
      return { fromMicros, toMicros: BOUNDS[index + 1] ?? null, count }
    }).slice(Math.max(0, first), last + 1)
  }
}
