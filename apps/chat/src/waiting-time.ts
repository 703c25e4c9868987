/** A break in the flood shorter than this is none. */
const BREAK_MILLIS = 1_000

/** Since when somebody's lines have had to wait without a break. */
export class WaitingTime {
  #since: number | undefined
  #endedAt: number | undefined

  /** Undefined while nothing waits. */
  get since(): number | undefined {
    return this.#endedAt === undefined ? this.#since : undefined
  }

  /** A line has to wait. @returns whether this is the first one after a break */
  begin(now: number): boolean {
    if (this.#endedAt !== undefined && now - this.#endedAt > BREAK_MILLIS) this.#since = undefined
    const isFirst = this.#since === undefined
    this.#since ??= now
    this.#endedAt = undefined
    return isFirst
  }

  /** No line waits any more. */
  end(now: number): void {
    if (this.#since !== undefined) this.#endedAt ??= now
  }
}
