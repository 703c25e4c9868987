/** How long each probe is. */
export interface ProbeSizes {
  /** Bytes of the longest. */
  readonly largest: number
  /** @param sequence u32 */
  of(sequence: number): number
}

/** All of one length. */
export function fixedSize(bytes: number): ProbeSizes {
  return { largest: bytes, of: () => bytes }
}

/** `--sweep FROM-TO:STEP`, bytes. */
export interface Sweep {
  fromBytes: number
  toBytes: number
  stepBytes: number
}

/** Each probe longer than the one before it, and then from the beginning again (as ping -G of the BSDs has it). */
export class SizeSweep implements ProbeSizes {
  readonly largest: number
  /** How many sizes there are. */
  readonly steps: number
  readonly #sweep: Sweep
  #largestAnswered: number | null = null
  #smallestLost: number | null = null

  constructor(sweep: Sweep) {
    const { fromBytes, toBytes, stepBytes } = sweep
    this.#sweep = sweep
    this.largest = toBytes
    // The last one is TO itself, also where the steps do not meet it.
    this.steps = Math.ceil((toBytes - fromBytes) / stepBytes) + 1
  }

  of(sequence: number): number {
    const { fromBytes, stepBytes } = this.#sweep
    return Math.min(this.largest, fromBytes + (sequence % this.steps) * stepBytes)
  }

  answered(sequence: number): void {
    this.#largestAnswered = Math.max(this.#largestAnswered ?? 0, this.of(sequence))
  }

  lost(sequence: number): void {
    this.#smallestLost = Math.min(this.#smallestLost ?? Infinity, this.of(sequence))
  }

  /** @returns null for what there is none of */
  result(): { largestAnsweredBytes: number | null; smallestLostBytes: number | null } {
    return { largestAnsweredBytes: this.#largestAnswered, smallestLostBytes: this.#smallestLost }
  }
}
