import type { BroadcastState } from './check-broadcast.ts'
import type { ClockReference } from './clock-reference.ts'

/** A source of broadcasts that had at least one accepted. */
export interface BroadcastSource {
  readonly state: BroadcastState
  /** Broadcasts accepted so far. */
  readonly accepted: number
}

/** Of the sources heard least recently so many are looked at for the one to make room. */
const CANDIDATES = 64

/**
 * What is remembered of broadcasters, in bounded memory, in three ranks: newcomers, of whom one broadcast was accepted;
 * established ones, with two and more; and confirmed ones, which answered an exchange. Each rank has its own room, and
 * a source only ever makes room for one of its own rank: so a flood from forged addresses cannot crowd out a confirmed
 * source, nor one heard more often than the forged ones. Nothing here happens on a refusal.
 */
export class BroadcastSources {
  readonly #maximum: number
  readonly #onPushedOut: (source: string) => void
  /** Each rank from the least to the most recently heard. */
  readonly #newcomers = new Map<string, BroadcastSource>()
  readonly #established = new Map<string, BroadcastSource>()
  readonly #confirmed = new Map<string, BroadcastSource>()

  /**
   * @param maximum how many of each rank are kept
   * @param onPushedOut called with a source that had to make room
   */
  constructor(maximum: number, onPushedOut: (source: string) => void = () => {}) {
    this.#maximum = maximum
    this.#onPushedOut = onPushedOut
  }

  /** What is known of a source; undefined when it was never accepted or is forgotten. */
  get(source: string): BroadcastSource | undefined {
    return (
      this.#confirmed.get(source) ?? this.#established.get(source) ?? this.#newcomers.get(source)
    )
  }

  /** Keeps the state that acceptance of a broadcast came with. */
  accept(source: string, state: BroadcastState): BroadcastSource {
    const next = { state, accepted: (this.get(source)?.accepted ?? 0) + 1 }
    if (state.reference?.confirmed === true) this.#put(this.#confirmed, source, next)
    else if (this.#established.has(source) || this.#mayBeEstablished(next))
      this.#put(this.#established, source, next)
    else this.#put(this.#newcomers, source, next)
    return next
  }

  /** An exchange has shown how far a source is ahead. One that is not known (any more) stays so. */
  confirm(source: string, reference: ClockReference): void {
    const known = this.get(source)
    if (known === undefined) return
    this.#put(this.#confirmed, source, { ...known, state: { ...known.state, reference } })
  }

  /** Forgets a source, for it went silent: its next broadcast is a first one again. */
  forget(source: string): void {
    for (const rank of [this.#newcomers, this.#established, this.#confirmed]) rank.delete(source)
  }

  /** Confirmed sources, established ones and newcomers, by name. */
  *entries(): IterableIterator<[string, BroadcastSource]> {
    yield* this.#confirmed
    yield* this.#established
    yield* this.#newcomers
  }

  /** There is room, or one heard less often than this makes room. */
  #mayBeEstablished(next: BroadcastSource): boolean {
    if (next.accepted < 2) return false
    if (this.#established.size < this.#maximum) return true
    const [source, least] = this.#leastHeard()
    if (source === undefined || least >= next.accepted) return false
    this.#established.delete(source)
    this.#onPushedOut(source)
    return true
  }

  #leastHeard(): [source: string | undefined, accepted: number] {
    let [found, least]: [string | undefined, number] = [undefined, Infinity]
    for (const [source, { accepted }] of this.#established.entries().take(CANDIDATES))
      if (accepted < least) [found, least] = [source, accepted]
    return [found, least]
  }

  /** The one of this rank that was heard least recently makes room. */
  #put(rank: Map<string, BroadcastSource>, source: string, next: BroadcastSource): void {
    this.forget(source)
    const [oldest] = rank.keys()
    if (oldest !== undefined && rank.size >= this.#maximum) {
      rank.delete(oldest)
      this.#onPushedOut(oldest)
    }
    rank.set(source, next)
  }
}
