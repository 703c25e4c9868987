const PIECE_BYTES = 256 * 1024

/**
 * Cuts small byte arrays from large pieces of memory: an allocation for each packet would cost more
 * than all that is done with it. A piece lives until the last array cut from it is forgotten.
 */
export class Slab {
  #piece = new Uint8Array(0)
  #used = 0

  /** An array of `size` bytes; the bytes are those of whoever had the memory before: none, zeros. */
  cut(size: number): Uint8Array {
    const bytes = this.peek(size)
    this.#used += size
    return bytes
  }

  /** The array that `cut` would give, without taking it: the next `cut` or `peek` overlaps it. */
  peek(size: number): Uint8Array {
    if (this.#used + size > this.#piece.length) {
      this.#piece = new Uint8Array(Math.max(PIECE_BYTES, size))
      this.#used = 0
    }
    return this.#piece.subarray(this.#used, this.#used + size)
  }
}
