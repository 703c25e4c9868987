import type { BroadcastState } from './check-broadcast.ts'

/** A source of broadcasts that had at least one accepted. */
export interface BroadcastSource {
  readonly state: BroadcastState
  /** Broadcasts accepted so far. */
  readonly accepted: number
}

/**
 * What is remembered of broadcasters, in bounded memory. A source is established once two of its
 * broadcasts were accepted; newcomers only ever push out newcomers, so a flood from forged addresses
 * cannot crowd out an established source. Nothing here happens on a refusal.
 */
export class BroadcastSources {
  readonly #maximum: number
  readonly #onPushedOut: (source: string) => void
  readonly #newcomers = new Map<string, BroadcastSource>()
  readonly #established = new Map<string, BroadcastSource>()

  /**
   * @param maximum how many established sources are kept, and as many newcomers
   * @param onPushedOut called with a newcomer that had to make room
   */
  constructor(maximum: number, onPushedOut: (source: string) => void = () => {}) {
    this.#maximum = maximum
    this.#onPushedOut = onPushedOut
  }

  /** What is known of a source; undefined when it was never accepted or is forgotten. */
  get(source: string): BroadcastSource | undefined {
    return this.#established.get(source) ?? this.#newcomers.get(source)
  }

  /** Keeps the state that acceptance of a broadcast came with. */
  accept(source: string, state: BroadcastState): BroadcastSource {
    const next = { state, accepted: (this.get(source)?.accepted ?? 0) + 1 }
    if (this.#established.has(source) || this.#mayBeEstablished(next)) {
      this.#newcomers.delete(source)
      this.#established.set(source, next)
    } else {
      this.#keepNewcomer(source, next)
    }
    return next
  }

  /** Forgets a source, for it went silent: its next broadcast is a first one again. */
  forget(source: string): void {
    this.#newcomers.delete(source)
    this.#established.delete(source)
  }

  /** Established sources and newcomers, by name. */
  *entries(): IterableIterator<[string, BroadcastSource]> {
    yield* this.#established
    yield* this.#newcomers
  }

  #mayBeEstablished(source: BroadcastSource): boolean {
    return source.accepted >= 2 && this.#established.size < this.#maximum
  }

  /** The newcomer that was heard least recently makes room. */
  #keepNewcomer(source: string, next: BroadcastSource): void {
    this.#newcomers.delete(source)
    const [oldest] = this.#newcomers.keys()
    if (oldest !== undefined && this.#newcomers.size >= this.#maximum) {
      this.#newcomers.delete(oldest)
      this.#onPushedOut(oldest)
    }
    this.#newcomers.set(source, next)
  }
}
