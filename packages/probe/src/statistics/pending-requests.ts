/** What a reply turned out to be: exactly one of these. */
export type ReplyVerdict =
  /** The first reply, in time. */
  | 'answered'
  /** The first reply, but the wait was over: it stays lost. */
  | 'late'
  /** Answered (or late) before. */
  | 'duplicate'
  /** Asked, but so long ago that whether it was answered before is not known any more. */
  | 'forgotten'
  /** Never asked. */
  | 'unknown'

/** Why a request is lost: no message in time, or what `failed` was told. */
export type LossReason = 'silent' | 'refused' | 'malformed' | 'too-big'

/** How many requests are remembered, and for how long. */
export interface PendingRequestsOptions {
  /** How long a reply may take before its request is lost (`--wait`). */
  timeoutMillis: number
  /** Requests remembered, a power of two; default: 65,536 (that takes 1.4 MiB). */
  capacity?: number
  /** Called for each request that becomes lost, in the order of sending. */
  onLost?: (sequence: number, reason: LossReason) => void
}

const FREE = 0
const WAITING = 1
const ANSWERED = 2
const LOST = 3
/** Answered, when it was lost already. */
const LATE = 4

/**
 * Which requests still wait for their reply. Memory is bounded: a request that is still waiting when
 * `capacity` others have followed it counts as lost.
 *
 * Times are milliseconds with a fraction, of any one clock (`performance.now()`).
 */
export class PendingRequests {
  readonly timeoutMillis: number
  /** Called whenever fewer wait than before; `paceWindow` and `settle` put themselves here. */
  onSettled: () => void = () => {}
  readonly #sentAt: Float64Array
  /** What round trips are counted from; once answered in time, how long that took from sending. */
  readonly #dueAt: Float64Array
  readonly #sequences: Uint32Array
  readonly #states: Uint8Array
  readonly #mask: number
  readonly #onLost: (sequence: number, reason: LossReason) => void
  /** The oldest that may still wait, and the one after the newest. */
  #oldest = 0
  #next = 0
  #asked = 0
  #waiting = 0
  #lastRoundTripMillis = 0

  /** @throws {RangeError} when `capacity` is not a power of two */
  constructor(options: PendingRequestsOptions) {
    const { timeoutMillis, capacity = 65_536, onLost } = options
    if (!Number.isInteger(Math.log2(capacity))) {
      throw new RangeError(`capacity ${capacity}: must be a power of two`)
    }
    this.timeoutMillis = timeoutMillis
    this.#mask = capacity - 1
    this.#sentAt = new Float64Array(capacity)
    this.#dueAt = new Float64Array(capacity)
    this.#sequences = new Uint32Array(capacity)
    this.#states = new Uint8Array(capacity)
    this.#onLost = onLost ?? (() => {})
  }

  /** How many wait for their reply now. */
  get waiting(): number {
    return this.#waiting
  }

  /** The one that has waited longest, undefined when none waits: what a reply without a number answers. */
  get oldestWaiting(): number | undefined {
    if (this.#waiting === 0) return undefined
    this.#skipOverwritten()
    while (this.#states[this.#oldest & this.#mask] !== WAITING)
      this.#oldest = (this.#oldest + 1) >>> 0
    return this.#oldest
  }

  /** The one that has waited longest of those that are meant; undefined when none of them waits. */
  findWaiting(isMeant: (sequence: number) => boolean): number | undefined {
    const oldest = this.oldestWaiting
    if (oldest === undefined) return undefined
    for (let sequence = oldest; sequence !== this.#next; sequence = (sequence + 1) >>> 0)
      if (this.#states[sequence & this.#mask] === WAITING && isMeant(sequence)) return sequence
    return undefined
  }

  /** The one that was sent last, undefined before the first. */
  get newest(): number | undefined {
    const sequence = (this.#next - 1) >>> 0
    return this.#states[sequence & this.#mask] === FREE ? undefined : sequence
  }

  /** From sending (from the scheduled send time, where one was given) to the reply last called 'answered' or 'late'. */
  get lastRoundTripMillis(): number {
    return this.#lastRoundTripMillis
  }

  /**
   * A request goes out: call it just before sending. Requests whose time is over are lost by it, so
   * that at a fixed rate no other timer is needed.
   *
   * @param sequence 0, then each time one more (as u32, so 0 follows 4,294,967,295)
   * @param dueAt when it should have gone out: round trips are counted from then, the timeout is not
   */
  sent(sequence: number, at: number, dueAt = at): void {
    this.expire(at)
    const slot = sequence & this.#mask
    if (this.#states[slot] === WAITING) this.#lose(slot, 'silent')
    this.#sequences[slot] = sequence
    this.#sentAt[slot] = at
    this.#dueAt[slot] = dueAt
    this.#states[slot] = WAITING
    this.#waiting++
    this.#asked++
    this.#next = (sequence + 1) >>> 0
  }

  /** A request whose `sent` came before others that leave with it goes out now. */
  departed(sequence: number, at: number, dueAt = at): void {
    const slot = sequence & this.#mask
    this.#sentAt[slot] = at
    this.#dueAt[slot] = dueAt
  }

  /** A reply came in. */
  reply(sequence: number, at: number): ReplyVerdict {
    const slot = sequence & this.#mask
    const state = this.#states[slot]
    if (state === FREE || this.#sequences[slot] !== sequence)
      return this.#wasAsked(sequence) ? 'forgotten' : 'unknown'
    if (state === ANSWERED || state === LATE) return 'duplicate'
    this.#lastRoundTripMillis = at - (this.#dueAt[slot] ?? at)
    const sinceSent = at - (this.#sentAt[slot] ?? at)
    if (state === WAITING && sinceSent >= this.timeoutMillis) this.#lose(slot, 'silent')
    const inTime = this.#states[slot] === WAITING
    this.#states[slot] = inTime ? ANSWERED : LATE
    if (!inTime) return 'late'
    this.#dueAt[slot] = sinceSent
    this.#waiting--
    this.onSettled()
    return 'answered'
  }

  /**
   * How long a request that was answered in time took, from sending and not from the scheduled send time; undefined for any
   * other, and for one that is not remembered any more.
   */
  answeredInMillis(sequence: number): number | undefined {
    const slot = sequence & this.#mask
    const isAnswered = this.#states[slot] === ANSWERED && this.#sequences[slot] === sequence
    return isAnswered ? this.#dueAt[slot] : undefined
  }

  /** A request that waits is lost now: it could not be sent, did not arrive, or came back wrong. */
  failed(sequence: number, reason: LossReason = 'silent'): void {
    const slot = sequence & this.#mask
    const waits = this.#sequences[slot] === sequence && this.#states[slot] === WAITING
    if (waits) this.#lose(slot, reason)
  }

  /** Declares those lost that have waited for `timeoutMillis`. */
  expire(at: number): void {
    this.#skipOverwritten()
    while (this.#oldest !== this.#next) {
      const slot = this.#oldest & this.#mask
      const waits = this.#states[slot] === WAITING
      if (waits && at - (this.#sentAt[slot] ?? at) < this.timeoutMillis) return
      // Before the loss is reported: the callback may send the next request, which comes here again.
      this.#oldest = (this.#oldest + 1) >>> 0
      if (waits) this.#lose(slot, 'silent')
    }
  }

  #wasAsked(sequence: number): boolean {
    const behind = (this.#next - sequence) >>> 0
    return behind > 0 && behind <= this.#asked
  }

  /** Those whose place a later one has taken do not wait any more. */
  #skipOverwritten(): void {
    const capacity = this.#mask + 1
    if ((this.#next - this.#oldest) >>> 0 > capacity) this.#oldest = (this.#next - capacity) >>> 0
  }

  #lose(slot: number, reason: LossReason): void {
    this.#states[slot] = LOST
    this.#waiting--
    this.#onLost(this.#sequences[slot] ?? 0, reason)
    this.onSettled()
  }
}
