const SHRINK_ABOVE = 1024

/** A queue whose ends cost the same however long it is (`Array.prototype.shift` does not). */
export class Fifo<Item> {
  #items: Item[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  /** The oldest, undefined when there is none. */
  get first(): Item | undefined {
    return this.#items[this.#head]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes the oldest out. */
  shift(): Item | undefined {
    const item = this.first
    if (this.length > 0) this.#head += 1
    if (this.#head > SHRINK_ABOVE && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Takes all out, the oldest first. */
  takeAll(): Item[] {
    const all = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    return all
  }
}
