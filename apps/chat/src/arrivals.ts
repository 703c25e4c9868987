import { phrases } from './phrases.ts'

/** So many arrivals and departures a second are told one by one; of more, there is a summary. */
const TOLD_SINGLY = 5

/**
 * Who came and who left, told so that a storm of connections does not flood those who talk: what is beyond
 * five a second follows as one line, without those who came and left in the meantime.
 */
export class Arrivals {
  #toldSingly = 0
  readonly #joined = new Set<string>()
  readonly #left = new Set<string>()

  /** @returns the line to say now, or undefined when it is for the summary */
  joined(name: string): string | undefined {
    if (this.#maySpeak()) return phrases.joined(new Set([name]))
    this.#joined.add(name)
    return undefined
  }

  /** @returns the line to say now, or undefined when it is for the summary or not worth one */
  left(name: string): string | undefined {
    if (this.#joined.delete(name)) return undefined
    if (this.#maySpeak()) return phrases.left(new Set([name]))
    this.#left.add(name)
    return undefined
  }

  /** Somebody has another name by now. */
  renamed(from: string, to: string): void {
    if (this.#joined.delete(from)) this.#joined.add(to)
  }

  /** To be called each second. @returns what was not told in it, at most two lines */
  endSecond(): string[] {
    const summary = [
      ...(this.#joined.size > 0 ? [phrases.joined(this.#joined)] : []),
      ...(this.#left.size > 0 ? [phrases.left(this.#left)] : []),
    ]
    this.#toldSingly = 0
    this.#joined.clear()
    this.#left.clear()
    return summary
  }

  /** What came later is not told before what waits for the summary. */
  #maySpeak(): boolean {
    if (this.#toldSingly >= TOLD_SINGLY) return false
    this.#toldSingly += 1
    return true
  }
}
