import { type ClockReference, isInLine } from '@sockyard/protocol/ntp'

/** A broadcast that was refused because its time is out of line. */
export interface OutOfLine {
  /** Nanoseconds since 1970. */
  readonly transmitAt: bigint
  readonly receivedAt: bigint
  /** Whether a key of ours signed it. */
  readonly signed: boolean
}

/**
 * `wait`: too few, or the old time was heard of late. `stepped`: the source itself says so, beyond doubt.
 * `ask`: an exchange with the source decides.
 */
export type StepJudgement = 'wait' | 'stepped' | 'ask'

/** So many refusals in a row that agree with each other are a step, and no stray packet. */
const AGREEING = 3

/**
 * Refusals of one source in a row, none of its broadcasts accepted between them. A forger can send these too,
 * so they prove a step only when they are signed and ahead in time: a signature for a future time cannot be replayed, while packets
 * that are behind may be recorded ones, played late. Otherwise the source has to confirm it.
 */
export class StepRun {
  readonly #maximumStep: bigint
  #apparent = 0n
  #lastTransmitAt = 0n
  #count = 0
  #allSigned = true
  #confirmed: ClockReference | undefined
  /** The count at which the source is asked; each time it does not confirm, twice as many later. */
  #askAt = AGREEING

  /** @param maximumStep nanoseconds by which refusals may differ and still agree */
  constructor(maximumStep: bigint) {
    this.#maximumStep = maximumStep
  }

  /** How far the source now seems to be ahead of our clock, in nanoseconds, without its delay. */
  get apparent(): bigint {
    return this.#apparent
  }

  /** What the source itself has said of its clock, when it was asked. */
  get confirmed(): ClockReference | undefined {
    return this.#confirmed
  }

  /** Whether a broadcast was accepted since the last refusal: what the source was asked then is of no interest. */
  get isOver(): boolean {
    return this.#count === 0
  }

  /**
   * Another refusal.
   *
   * @param usual how far the source was ahead before, in nanoseconds; 0 for one never accepted
   * @param oldTimeIsGone whether enough time passed without an accepted broadcast
   */
  add(next: OutOfLine, usual: bigint, oldTimeIsGone: boolean): StepJudgement {
    const apparent = next.transmitAt - next.receivedAt
    if (!this.#agrees(apparent, next.transmitAt)) this.#begin()
    this.#apparent = apparent
    this.#lastTransmitAt = next.transmitAt
    this.#count += 1
    this.#allSigned &&= next.signed
    if (this.#count < AGREEING || !oldTimeIsGone) return 'wait'
    if (this.#isConfirmed(next.receivedAt)) return 'stepped'
    if (this.#allSigned && apparent > usual) return 'stepped'
    if (this.#count < this.#askAt) return 'wait'
    this.#askAt = this.#count * 2
    return 'ask'
  }

  /**
   * The source was asked.
   *
   * @param said what its clock is, as the exchange has shown; null: it did not answer
   * @returns whether it confirmed the step
   */
  answered(said: Omit<ClockReference, 'confirmed'> | null): boolean {
    this.#confirmed = said === null ? undefined : { ...said, confirmed: true }
    return this.#isConfirmed(said?.at ?? 0n)
  }

  /** The source is in line again. */
  end(): void {
    this.#begin()
  }

  #begin(): void {
    this.#count = 0
    this.#allSigned = true
    this.#confirmed = undefined
    this.#askAt = AGREEING
  }

  #isConfirmed(now: bigint): boolean {
    if (this.#confirmed === undefined) return false
    return isInLine(this.#confirmed, this.#apparent, now, this.#maximumStep)
  }

  #agrees(apparent: bigint, transmitAt: bigint): boolean {
    return transmitAt > this.#lastTransmitAt && this.#isNear(apparent - this.#apparent)
  }

  #isNear(difference: bigint): boolean {
    return difference <= this.#maximumStep && difference >= -this.#maximumStep
  }
}
