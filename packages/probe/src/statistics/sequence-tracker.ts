import { SeenWindow } from './seen-window.ts'
import type { SequenceSpace } from './sequence-space.ts'

/** What one arrival was: exactly one of these. */
export type Arrival =
  /** The next one, or one further on: those between are lost until they arrive. */
  | 'new'
  /** First copy, but one sent later had arrived before (RFC 4737): no longer lost, if it was. */
  | 'reordered'
  /** Had arrived before (RFC 5560). */
  | 'duplicate'
  /** So far off that it belongs to nothing yet: not counted, unless the next one confirms it. */
  | 'stray'
  /** The sender began anew, or jumped: this and its predecessor confirm each other. */
  | 'restart'

/** Loss, duplicates and reordering (RFC 7680, RFC 5560, RFC 4737), in datagrams. */
export interface SequenceCounts {
  /** First copies. */
  received: number
  /** Skipped so far and not arrived since (RFC 7680, with no time limit but the window). */
  lost: number
  /** Further copies. */
  duplicated: number
  /** First copies that came after one that was sent later (RFC 4737 section 3). */
  reordered: number
  /** How often the sender began anew or jumped. */
  restarts: number
  /** Arrivals that fit nowhere; in none of the other counts. */
  strays: number
}

/** How far back a `SequenceTracker` remembers. */
export interface TrackerOptions {
  /**
   * How far behind the newest a late one is still told from a duplicate, a power of two; default:
   * 4,096 (that takes 512 B). What is further behind is a stray.
   */
  window?: number
  /** How many may be lost in a row; what is further ahead is a stray. Default: 1,000,000. */
  maximumGap?: number
}

/** A sender that repeats so many old numbers in a row, one after the other, has begun anew. */
const REPEATS_OF_RESTART = 16

/**
 * Tells received, lost, duplicated and reordered packets apart by their sequence numbers alone, in
 * bounded memory and some 50 ns per packet.
 *
 * The first number seen is the base: what was sent before it is never lost. A restart is believed
 * when two strays follow each other (as in RFC 3550 appendix A.1), or when 16 old numbers come in a
 * row; what was lost before it stays lost, and its first number is the new base.
 *
 * @example
 * const tracker = new SequenceTracker(u32)
 * tracker.observe(probe.sequence) // 'new', 'reordered', 'duplicate' …
 * tracker.counts() // { received: 1, lost: 0, … }
 */
export class SequenceTracker<Sequence> {
  readonly #space: SequenceSpace<Sequence>
  readonly #maximumGap: number
  readonly #seen: SeenWindow
  /** `NextExp` of RFC 4737: one more than the greatest so far, on the wire and counted from the base. */
  #nextOnWire: Sequence | undefined
  #next = 0
  /** First copies at or after the base, since the last restart. */
  #arrived = 0
  #lostBefore = 0
  #received = 0
  #duplicated = 0
  #reordered = 0
  #restarts = 0
  #strays = 0
  /** Where the next one must be to confirm a stray. */
  #confirming: Sequence | undefined
  readonly #run = new OldRun()
  #reported: SequenceCounts = this.counts()

  constructor(space: SequenceSpace<Sequence>, options: TrackerOptions = {}) {
    this.#space = space
    this.#maximumGap = options.maximumGap ?? 1_000_000
    this.#seen = new SeenWindow(options.window ?? 4_096)
  }

  /** Takes the number of one packet that arrived. */
  observe(sequence: Sequence): Arrival {
    this.#nextOnWire ??= sequence
    const ahead = this.#space.distance(sequence, this.#nextOnWire)
    if (ahead > this.#maximumGap || ahead < -this.#seen.size) return this.#stray(sequence)
    this.#confirming = undefined
    return ahead >= 0 ? this.#forward(sequence, ahead) : this.#behind(sequence, ahead)
  }

  /** All that was counted since the beginning; `lost` falls when a late one arrives. */
  counts(): SequenceCounts {
    return {
      received: this.#received,
      lost: this.#lostBefore + this.#missing(),
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      restarts: this.#restarts,
      strays: this.#strays,
    }
  }

  /**
   * What came since the last call. A late one whose loss an earlier interval has told already makes up
   * for a loss of a later interval, so that no interval loses less than nothing.
   */
  takeInterval(): SequenceCounts {
    const now = this.counts()
    const before = this.#reported
    this.#reported = { ...now, lost: Math.max(now.lost, before.lost) }
    return {
      received: now.received - before.received,
      lost: Math.max(0, now.lost - before.lost),
      duplicated: Math.max(0, now.duplicated - before.duplicated),
      reordered: Math.max(0, now.reordered - before.reordered),
      restarts: now.restarts - before.restarts,
      strays: Math.max(0, now.strays - before.strays),
    }
  }

  /** For another sender: forgets all, and keeps the memory. */
  reset(): void {
    this.#nextOnWire = undefined
    this.#next = 0
    this.#arrived = 0
    this.#lostBefore = 0
    this.#received = 0
    this.#duplicated = 0
    this.#reordered = 0
    this.#restarts = 0
    this.#strays = 0
    this.#confirming = undefined
    this.#run.end()
    this.#seen.clear()
    this.#reported = this.counts()
  }

  #missing(): number {
    return this.#next - this.#arrived
  }

  #forward(sequence: Sequence, ahead: number): Arrival {
    this.#run.end()
    const position = this.#next + ahead
    this.#seen.advance(this.#next, position)
    this.#seen.set(position)
    this.#next = position + 1
    this.#nextOnWire = this.#space.advance(sequence, 1)
    this.#arrived++
    this.#received++
    return 'new'
  }

  #behind(sequence: Sequence, ahead: number): Arrival {
    const position = this.#next + ahead
    const duplicate = this.#seen.has(position)
    const recovered = !duplicate && position >= 0
    this.#run.add(position, duplicate, recovered)
    if (this.#run.length === REPEATS_OF_RESTART) return this.#restartAtRun(sequence)
    if (duplicate) {
      this.#duplicated++
      return 'duplicate'
    }
    this.#seen.set(position)
    if (recovered) this.#arrived++
    this.#received++
    this.#reordered++
    return 'reordered'
  }

  #stray(sequence: Sequence): Arrival {
    const confirmed =
      this.#confirming !== undefined && this.#space.distance(sequence, this.#confirming) === 0
    if (confirmed) {
      this.#strays--
      return this.#restart(sequence, 2)
    }
    this.#strays++
    this.#confirming = this.#space.advance(sequence, 1)
    return 'stray'
  }

  /** What the run was taken for is taken back: it belongs to the new beginning. */
  #restartAtRun(sequence: Sequence): Arrival {
    const { length, duplicates, recovered } = this.#run
    const counted = length - 1
    const firstCopies = counted - duplicates
    this.#duplicated -= duplicates
    this.#reordered -= firstCopies
    this.#received -= firstCopies
    this.#arrived -= recovered
    return this.#restart(sequence, length)
  }

  /** A new base: `count` packets have arrived in order, the last of them `sequence`. */
  #restart(sequence: Sequence, count: number): Arrival {
    this.#lostBefore += this.#missing()
    this.#restarts++
    this.#received += count
    this.#arrived = count
    this.#next = count
    this.#nextOnWire = this.#space.advance(sequence, 1)
    this.#confirming = undefined
    this.#run.end()
    this.#seen.clear()
    for (let position = 0; position < count; position++) this.#seen.set(position)
    return 'restart'
  }
}

/** Old numbers that arrive one after the other, each one more than the one before. */
class OldRun {
  length = 0
  /** How those before the last were counted. */
  duplicates = 0
  recovered = 0
  #last = 0
  #lastDuplicate = false
  #lastRecovered = false

  add(position: number, duplicate: boolean, recovered: boolean): void {
    if (this.length > 0 && position === this.#last + 1) this.#count()
    else this.end()
    this.length++
    this.#last = position
    this.#lastDuplicate = duplicate
    this.#lastRecovered = recovered
  }

  end(): void {
    this.length = 0
    this.duplicates = 0
    this.recovered = 0
  }

  #count(): void {
    if (this.#lastDuplicate) this.duplicates++
    if (this.#lastRecovered) this.recovered++
  }
}
