/** The longest input of any target. */
const MAXIMUM_BYTES = 64 * 1024

/**
 * The input that a worker is at, in memory that its parent sees: a worker that hangs can no longer say.
 *
 *     0 inputs begun, modulo 2^32   4 length   8 bytes …
 */
export class WatchedInput {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #bytes: Uint8Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8 + MAXIMUM_BYTES)) {
    this.memory = memory
    this.#words = new Int32Array(memory, 0, 2)
    this.#bytes = new Uint8Array(memory, 8)
  }

  begin(input: Uint8Array): void {
    this.#words[0] = ((this.#words[0] ?? 0) + 1) | 0
    this.#words[1] = input.length
    this.#bytes.set(input)
  }

  /** Changes with every input; in any thread. */
  get begun(): number {
    return Atomics.load(this.#words, 0)
  }

  get input(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(0, this.#words[1]))
  }
}
