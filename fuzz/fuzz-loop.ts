import { bytesOf, type FuzzTarget } from '@sockyard/testkit/fuzz'

import type { Coverage } from './coverage.ts'
import { dictionaryOf } from './dictionary.ts'
import { type Below, Mutator } from './mutate.ts'

/** An input for which something does not hold. */
export interface Finding {
  kind: 'failed' | 'slow'
  input: Uint8Array
  /** Why, with the stack; or how long it took. */
  reason: string
}

export interface LoopOptions {
  target: FuzzTarget
  /** Inputs of earlier runs. */
  corpus: readonly Uint8Array[]
  /** Undefined: the code is not instrumented, and no input is better than another. */
  coverage: Coverage | undefined
  /** Of the code: a parser looks for them. */
  literals: ReadonlySet<string | number>
  /** In [0, 1). */
  random: () => number
  /** Whether to go on after so many inputs. */
  goesOn: (inputs: number) => boolean
  /** Before each input: when it hangs, it is known. */
  onInput: (input: Uint8Array) => void
}

export interface LoopResult {
  inputs: number
  /** The seeds, and each input that took a branch that none before it did. */
  corpus: readonly Uint8Array[]
  finding: Finding | undefined
}

/** An input of a kilobyte takes microseconds: this is for instrumented code, on a busy machine. */
const SLOW_MILLIS = 50
const SLOW_ATTEMPTS = 5
const MAXIMUM_CORPUS = 4096
const DEFAULT_MAXIMUM_BYTES = 1024

/** Feeds mutated inputs to a target; keeps those that take new branches, and goes on from them. */
export async function fuzzLoop(options: LoopOptions): Promise<LoopResult> {
  const loop = new Loop(options)
  await loop.feedKnown()
  await loop.feedMutated()
  return loop
}

class Loop implements LoopResult {
  inputs = 0
  readonly corpus: Uint8Array[]
  finding: Finding | undefined
  readonly #options: LoopOptions
  readonly #below: Below
  readonly #mutator: Mutator

  constructor(options: LoopOptions) {
    const { target, random } = options
    const below: Below = (limit) => Math.floor(random() * limit)
    this.#options = options
    this.#below = below
    this.corpus = target.seeds.map(bytesOf)
    if (this.corpus.length === 0) this.corpus.push(new Uint8Array())
    this.#mutator = new Mutator({
      corpus: this.corpus,
      dictionary: dictionaryOf(target, options.literals),
      maximumBytes: target.maximumBytes ?? DEFAULT_MAXIMUM_BYTES,
      below,
    })
  }

  async feedKnown(): Promise<void> {
    for (const input of [new Uint8Array(), ...this.corpus]) await this.#feed(input)
    for (const input of this.#options.corpus) if (await this.#feed(input)) this.corpus.push(input)
  }

  async feedMutated(): Promise<void> {
    const { goesOn } = this.#options
    while (this.finding === undefined && goesOn(this.inputs)) {
      const input = this.#mutator.mutate(this.#pick())
      const fed = this.#feed(input)
      // Most targets are synchronous, and waiting for nothing would cost more than they do.
      const isNew = typeof fed === 'boolean' ? fed : await fed
      if (isNew && this.corpus.length < MAXIMUM_CORPUS) this.corpus.push(Uint8Array.from(input))
    }
  }

  /** Every other time one of the newest, which lead on. */
  #pick(): Uint8Array {
    const { length } = this.corpus
    const newest = Math.max(1, length >> 3)
    const isNewest = this.#below(2) === 0
    const index = isNewest ? length - 1 - this.#below(newest) : this.#below(length)
    return this.corpus[index] ?? new Uint8Array()
  }

  /** @returns whether it took a branch that none before it did */
  #feed(input: Uint8Array): boolean | Promise<boolean> {
    if (this.finding !== undefined) return false
    const { target, coverage, onInput } = this.#options
    this.inputs += 1
    onInput(input)
    coverage?.reset()
    const began = performance.now()
    try {
      const running = target.run(input)
      if (running !== undefined) return this.#finish(running, input, began)
    } catch (error) {
      return this.#fail(input, error)
    }
    return this.#judge(input, began)
  }

  async #finish(running: Promise<void>, input: Uint8Array, began: number): Promise<boolean> {
    try {
      await running
    } catch (error) {
      return this.#fail(input, error)
    }
    return this.#judge(input, began)
  }

  #fail(input: Uint8Array, error: unknown): boolean {
    this.finding = { kind: 'failed', input: Uint8Array.from(input), reason: textOfError(error) }
    return false
  }

  #judge(input: Uint8Array, began: number): boolean | Promise<boolean> {
    const isNew = this.#options.coverage?.isNew() ?? false
    return performance.now() - began > SLOW_MILLIS ? this.#checkTime(input, isNew) : isNew
  }

  /** On a busy machine anything is slow once; the fastest of several is what it costs. */
  async #checkTime(input: Uint8Array, isNew: boolean): Promise<boolean> {
    let fastest = Infinity
    for (let left = SLOW_ATTEMPTS; left > 0 && fastest > SLOW_MILLIS; left -= 1) {
      const began = performance.now()
      await this.#options.target.run(input)
      fastest = Math.min(fastest, performance.now() - began)
    }
    if (fastest <= SLOW_MILLIS) return isNew
    const reason = `${input.length} B take ${fastest.toFixed(0)} ms, at most ${SLOW_MILLIS} are allowed`
    this.finding = { kind: 'slow', input: Uint8Array.from(input), reason }
    return false
  }
}

/** What is thrown need not be an error. */
export function textOfError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
