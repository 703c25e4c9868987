/** So many messages wait for an earlier one at most; later ones are fetched again. */
const MOST_HELD = 10_000

/** Puts messages into the order of their sequence numbers, each of them once. */
export class Sequencer<Message> {
  #next: number
  /** The highest number that is known to exist. */
  #known = 0
  readonly #held = new Map<number, Message>()

  /** @param next the first number that is wanted */
  constructor(next: number) {
    this.#next = next
  }

  /** The first number that has not come yet. */
  get next(): number {
    return this.#next
  }

  /** Whether a message that exists has not come. */
  get hasGap(): boolean {
    return this.#next <= this.#known
  }

  /** @returns the messages that are due, in order: none for a duplicate, or when an earlier one is missing */
  push(sequence: number, message: Message): Message[] {
    this.exists(sequence)
    const isWanted = sequence === this.#next || this.#held.size < MOST_HELD
    if (sequence >= this.#next && isWanted) this.#held.set(sequence, message)
    return this.#takeDue()
  }

  /** A message of this number, and all before it, exist somewhere. */
  exists(sequence: number): void {
    this.#known = Math.max(this.#known, sequence)
  }

  /** @returns the first numbers that are missing, at most `count` */
  missing(count: number): number[] {
    const numbers: number[] = []
    for (let each = this.#next; each <= this.#known && numbers.length < count; each += 1)
      if (!this.#held.has(each)) numbers.push(each)
    return numbers
  }

  /** What is before `sequence` exists no more. @returns the messages that are due, in order */
  skipTo(sequence: number): Message[] {
    const rest: Message[] = []
    const held = [...this.#held].toSorted(([one], [other]) => one - other)
    for (const [number, message] of held) {
      if (number >= sequence) break
      rest.push(message)
      this.#held.delete(number)
    }
    this.#next = Math.max(this.#next, sequence)
    return [...rest, ...this.#takeDue()]
  }

  #takeDue(): Message[] {
    const due: Message[] = []
    for (;;) {
      const message = this.#held.get(this.#next)
      if (message === undefined) return due
      this.#held.delete(this.#next)
      this.#next += 1
      due.push(message)
    }
  }
}
