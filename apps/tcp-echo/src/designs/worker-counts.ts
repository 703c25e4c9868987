import { EngineCounts, OPEN } from '../epoll/engine-counts.ts'

/** What worker processes count, one after the other or many at once, as one sum. */
export class WorkerCounts {
  readonly counts = new EngineCounts()
  readonly #sum = new Float64Array(this.counts.memory)

  /** The share of one process. */
  share(): WorkerShare {
    return new WorkerShare(this.#sum)
  }
}

/** What one process has told so far. */
export class WorkerShare {
  readonly #sum: Float64Array
  readonly #told: Float64Array

  constructor(sum: Float64Array) {
    this.#sum = sum
    this.#told = new Float64Array(sum.length)
  }

  /** @param values all that it has counted */
  tell(values: readonly number[]): void {
    for (const [index, value] of values.entries()) {
      this.#sum[index] = (this.#sum[index] ?? 0) + value - (this.#told[index] ?? 0)
      this.#told[index] = value
    }
  }

  /** Its connections ended with it; what else it counted stays. */
  end(): void {
    this.#sum[OPEN] = (this.#sum[OPEN] ?? 0) - (this.#told[OPEN] ?? 0)
    this.#told[OPEN] = 0
  }
}
