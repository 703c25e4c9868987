import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { LabStep } from '@sockyard/protocol/results'

/** A call that is about to be made. */
interface Call {
  who: string
  call: string
  arguments: readonly string[]
  why: string
}

/** What a call gave: a number, a number and what was read; undefined where it would have had to wait. */
export type Outcome = number | { returned: number; got: string } | undefined

/** Makes calls and tells each, with what came of it. What it owns is closed at its end. */
export class Lab implements Disposable {
  readonly #tell: (step: LabStep) => void
  readonly #owned = new DisposableStack()
  #steps = 0

  constructor(tell: (step: LabStep) => void) {
    this.#tell = tell
  }

  get steps(): number {
    return this.#steps
  }

  /**
   * Makes a call; its failure is a step like any other.
   *
   * @returns what the call returned, -1 when it failed
   * @throws whatever is no failed system call
   */
  step({ who, call, arguments: words, why }: Call, perform: () => Outcome): number {
    const { returned, got, error } = outcomeOf(perform)
    this.#steps += 1
    const step = this.#steps
    this.#tell({ step, who, call, arguments: [...words], returned, error, got, why })
    return returned
  }

  /** Closes it at the end of the experiment. */
  owns<Resource extends Disposable>(resource: Resource): Resource {
    return this.#owned.use(resource)
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

function outcomeOf(perform: () => Outcome): Pick<LabStep, 'returned' | 'error' | 'got'> {
  try {
    const outcome = perform()
    if (outcome === undefined) return { returned: -1, error: 'EAGAIN', got: null }
    if (typeof outcome === 'number') return { returned: outcome, error: null, got: null }
    return { ...outcome, error: null }
  } catch (error) {
    if (error instanceof SystemCallError) return { returned: -1, error: error.code, got: null }
    throw error
  }
}
