const COMPACT_AT = 1024

/** First in, first out, with access by position: what an array is, without its slow `shift`. */
export class Queue<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The item `index` places behind the first. */
  at(index: number): T | undefined {
    return this.#items[this.#head + index]
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= COMPACT_AT && this.#head * 2 > this.#items.length) this.#compact()
    return item
  }

  clear(): void {
    this.#items.length = 0
    this.#head = 0
  }

  #compact(): void {
    this.#items.splice(0, this.#head)
    this.#head = 0
  }
}
