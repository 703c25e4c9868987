import { type Verdict, VERDICTS } from './verdict.ts'

const indexOf = Object.fromEntries(VERDICTS.map((verdict, index) => [verdict, index]))

/** How often each verdict was given, in memory that another thread can read. One thread counts. */
export class VerdictNumbers {
  /** To be given to the other thread, for its own `VerdictNumbers`. */
  readonly numbers: Float64Array<SharedArrayBuffer>

  constructor(numbers = new Float64Array(new SharedArrayBuffer(8 * VERDICTS.length))) {
    this.numbers = numbers
  }

  of(verdict: Verdict): number {
    return this.numbers[indexOf[verdict] ?? 0] ?? 0
  }

  count(verdict: Verdict): void {
    const index = indexOf[verdict] ?? 0
    this.numbers[index] = (this.numbers[index] ?? 0) + 1
  }
}
