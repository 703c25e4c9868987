/** Which of the last `size` positions were seen; a ring of bits that moves with the newest one. */
export class SeenWindow {
  readonly #bits: Uint32Array
  readonly #size: number

  /** @param size a power of two, at least 32 */
  constructor(size: number) {
    this.#size = size
    this.#bits = new Uint32Array(size / 32)
  }

  get size(): number {
    return this.#size
  }

  has(position: number): boolean {
    return ((this.#word(position) >>> this.#bit(position)) & 1) === 1
  }

  set(position: number): void {
    this.#bits[this.#index(position)] = this.#word(position) | (1 << this.#bit(position))
  }

  /** The window moves on from `next` to `position`: what comes into it has not been seen. */
  advance(next: number, position: number): void {
    if (position - next >= this.#size) {
      this.clear()
      return
    }
    for (let entering = next; entering <= position; entering++) {
      this.#bits[this.#index(entering)] = this.#word(entering) & ~(1 << this.#bit(entering))
    }
  }

  clear(): void {
    this.#bits.fill(0)
  }

  #word(position: number): number {
    return this.#bits[this.#index(position)] ?? 0
  }

  #index(position: number): number {
    return this.#offset(position) >>> 5
  }

  #bit(position: number): number {
    return this.#offset(position) & 31
  }

  /** Positions go beyond 32 bits and below 0, so the remainder is taken of the number. */
  #offset(position: number): number {
    const remainder = position % this.#size
    return remainder < 0 ? remainder + this.#size : remainder
  }
}
