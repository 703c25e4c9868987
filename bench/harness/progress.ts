import type { WriteStream } from 'node:tty'

/** A line on a terminal that says where a long run is, and nothing where standard output is no terminal. */
export class Progress {
  readonly #stream: WriteStream
  readonly #total: number
  readonly #began = performance.now()
  #done = 0

  constructor(stream: WriteStream, total: number) {
    this.#stream = stream
    this.#total = total
  }

  /** Begins the next of the total. */
  next(what: string): void {
    if (this.#stream.isTTY) {
      const line = `[${this.#done + 1}/${this.#total}] ${what}${this.#remaining()}`
      this.#stream.write(`\r\u001B[K${line.slice(0, this.#stream.columns - 1)}`)
    }
    this.#done += 1
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001B[K')
  }

  #remaining(): string {
    if (this.#done < 5) return ''
    const seconds =
      ((performance.now() - this.#began) / 1000 / this.#done) * (this.#total - this.#done)
    return seconds < 90
      ? `, ${Math.ceil(seconds)} s to go`
      : `, ${Math.ceil(seconds / 60)} min to go`
  }
}
