import type { GapBlock } from '../wire/chunk.ts'
import { tsnBefore, tsnDistance, tsnPlus } from '../wire/serial-number.ts'
import type { TsnRange } from './received-data.ts'

/** Gap blocks hold 16-bit offsets (RFC 9260 section 3.3.4): nothing further ahead can be reported. */
const FURTHEST_AHEAD = 0xffff

/** Duplicates remembered for one SACK; more are counted by the peer's timers anyway. */
const MAXIMUM_DUPLICATES = 32

/** Runs of TSNs beyond gaps that are kept at once: a peer cannot make us keep a longer list. */
const MAXIMUM_RUNS = 1024

/** Which TSNs have arrived: everything up to the cumulative one, and runs beyond gaps. */
export class ReceivedTsns {
  cumulative: number
  readonly #runs: TsnRange[] = []
  #duplicates: number[] = []

  constructor(initialTsn: number) {
    this.cumulative = tsnPlus(initialTsn, -1)
  }

  get hasGaps(): boolean {
    return this.#runs.length > 0
  }

  /** Is it a TSN to keep: not yet received, and within what a SACK can report? */
  classify(tsn: number): 'new' | 'duplicate' | 'too-far' {
    const ahead = tsnDistance(this.cumulative, tsn)
    if (ahead <= 0) return 'duplicate'
    if (ahead === 1) return this.#runs[0]?.first === tsn ? 'duplicate' : 'new'
    if (ahead > FURTHEST_AHEAD) return 'too-far'
    const index = this.#indexBefore(tsn)
    const run = this.#runs[index]
    if (run && !tsnBefore(run.last, tsn)) return 'duplicate'
    if (this.#runs.length < MAXIMUM_RUNS) return 'new'
    const joins = run?.last === tsnPlus(tsn, -1) || this.#runs[index + 1]?.first === tsnPlus(tsn, 1)
    return joins ? 'new' : 'too-far'
  }

  /** Notes a duplicate for the next SACK (RFC 9260 section 6.2). */
  duplicate(tsn: number): void {
    if (this.#duplicates.length < MAXIMUM_DUPLICATES) this.#duplicates.push(tsn)
  }

  /** Records a TSN that was judged new. */
  add(tsn: number): void {
    if (tsn === tsnPlus(this.cumulative, 1)) this.#advance(tsn)
    else this.#insert(tsn)
  }

  #advance(tsn: number): void {
    this.cumulative = tsn
    const [run] = this.#runs
    if (run?.first !== tsnPlus(tsn, 1)) return
    this.cumulative = run.last
    this.#runs.shift()
  }

  #insert(tsn: number): void {
    const index = this.#indexBefore(tsn)
    const before = this.#runs[index]
    const after = this.#runs[index + 1]
    const joinsBefore = before !== undefined && tsnPlus(before.last, 1) === tsn
    const joinsAfter = after !== undefined && tsnPlus(tsn, 1) === after.first
    if (joinsBefore && joinsAfter) {
      before.last = after.last
      this.#runs.splice(index + 1, 1)
    } else if (joinsBefore) before.last = tsn
    else if (joinsAfter) after.first = tsn
    else this.#runs.splice(index + 1, 0, { first: tsn, last: tsn })
  }

  /** Forgets TSNs beyond the cumulative one that were received together: they will come again. */
  remove({ first, last }: TsnRange): void {
    const index = this.#indexBefore(first)
    const run = this.#runs[index]
    if (!run) return
    const rest: TsnRange[] = []
    if (run.first !== first) rest.push({ first: run.first, last: tsnPlus(first, -1) })
    if (run.last !== last) rest.push({ first: tsnPlus(last, 1), last: run.last })
    this.#runs.splice(index, 1, ...rest)
  }

  /** The last run that begins at or before `tsn`; -1 when there is none. Most often it is the last. */
  #indexBefore(tsn: number): number {
    const last = this.#runs.length - 1
    if (last < 0 || !tsnBefore(tsn, this.#runs[last]?.first ?? tsn)) return last
    let [low, high] = [0, last]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (tsnBefore(tsn, this.#runs[middle]?.first ?? tsn)) high = middle
      else low = middle + 1
    }
    return low - 1
  }

  /** The gap blocks for a SACK, at most `maximum` (RFC 9260 section 3.3.4). */
  gapBlocks(maximum: number): GapBlock[] {
    if (this.#runs.length === 0) return []
    return this.#runs.slice(0, maximum).map(({ first, last }) => ({
      start: tsnDistance(this.cumulative, first),
      end: tsnDistance(this.cumulative, last),
    }))
  }

  /** The duplicates since the last call. */
  takeDuplicates(): number[] {
    const duplicates = this.#duplicates
    if (duplicates.length > 0) this.#duplicates = []
    return duplicates
  }
}
