import { setTimeout as sleep } from 'node:timers/promises'

import type { ResolvedAddress } from '@sockyard/net/address'
import type { NetworkError } from '@sockyard/net/errors'

import { MicrosHistogram, type MicrosSummary, toMicro } from '../statistics/histogram.ts'

/** The longest that a timer can wait. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/** How many questions are sent, and when. */
export interface QueryPlan<Result> {
  /** How many questions; 0: until it is aborted. */
  count: number
  /** Milliseconds for the whole run. */
  deadline?: number | undefined
  /** Aborts when the user wants it to end. */
  signal: AbortSignal
  /** Asks one address once; what it throws ends the run. */
  ask: (target: ResolvedAddress, signal: AbortSignal) => Promise<Result>
  /** Whether the address has a server: the others of the name are not tried any more. */
  isAnswer: (result: Result) => boolean
  /**
   * Takes what a question came to.
   *
   * @returns milliseconds from this question to the next; undefined when there shall be none
   */
  take: (result: Result, sequence: number, target: ResolvedAddress) => number | undefined
}

/**
 * Asks a server of the time again and again, one question at a time. The first question goes to one address after the
 * other until one answers, the next ones to that; when none does, to the first.
 */
export async function askRepeatedly<Result>(
  addresses: readonly [ResolvedAddress, ...ResolvedAddress[]],
  plan: QueryPlan<Result>,
): Promise<void> {
  const { deadline, count } = plan
  const signals = [plan.signal]
  if (deadline !== undefined)
    signals.push(AbortSignal.timeout(Math.min(deadline, LONGEST_TIMER_MILLIS)))
  const signal = AbortSignal.any(signals)
  const last = count === 0 ? Infinity : count
  let candidates = addresses
  let dueAt = performance.now()
  for (let sequence = 0; sequence < last; sequence += 1) {
    await until(dueAt, signal)
    const { target, result } = await askFirst(candidates, plan, signal)
    if (result === undefined) return
    candidates = [target]
    const pause = plan.take(result, sequence, target)
    if (pause === undefined) return
    dueAt = Math.max(dueAt + pause, performance.now())
  }
}

/** Nothing when it was told to end before there was an answer. */
async function askFirst<Result>(
  candidates: readonly [ResolvedAddress, ...ResolvedAddress[]],
  { ask, isAnswer }: QueryPlan<Result>,
  signal: AbortSignal,
): Promise<{ target: ResolvedAddress; result: Result | undefined }> {
  let first: Result | undefined
  for (const target of candidates) {
    if (signal.aborted) break
    const result = await ask(target, signal)
    if (isAnswer(result)) return { target, result }
    if (!signal.aborted) first ??= result
  }
  return { target: candidates[0], result: first }
}

async function until(millis: number, signal: AbortSignal): Promise<void> {
  const pause = millis - performance.now()
  if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => {})
}

/** What `interval` and `end` of the time clients hold. */
interface QueryCounts {
  durationMillis: number
  sent: number
  received: number
  lost: number
  duplicated: number
  reordered: number
  malformed: number
  /** Null when nothing was received. */
  rttMicros: MicrosSummary | null
}

/** What is counted of questions and answers. */
export class QueryTotals {
  sent = 0
  /** Answers that cannot be read. */
  malformed = 0
  /** Answers to what was answered already, or was never asked. */
  duplicated = 0
  /** Why a question was not answered; the last one. */
  failure: NetworkError | undefined
  /** The open admin endpoint, if there is one. */
  admin: { roundTrip(micros: number): void } | undefined
  #isAnswered = false
  readonly #roundTrips = new MicrosHistogram()
  readonly #startedAt = performance.now()

  /** An answer that counts. */
  received(rttMicros: number): void {
    this.#roundTrips.record(rttMicros)
    this.#isAnswered = true
    this.admin?.roundTrip(rttMicros)
  }

  /** A question that got no answer that counts. */
  unanswered(error: NetworkError): void {
    this.failure = error
    this.#isAnswered = false
  }

  /** What the admin endpoint exports. */
  get measured(): { counts: () => Readonly<Record<string, number>>; isReady: () => boolean } {
    const counts = (): Record<string, number> => {
      const { sent, received, lost, duplicated, malformed } = this.counted()
      return { sent, received, lost, duplicated, malformed }
    }
    return { counts, isReady: () => this.#isAnswered }
  }

  /** Why nothing at all was answered, so that the exit code is 1; undefined when something was. */
  get runFailure(): NetworkError | undefined {
    return this.#roundTrips.count === 0 ? this.failure : undefined
  }

  /** Everything since the beginning. */
  counted(): QueryCounts {
    const { sent, malformed, duplicated } = this
    const received = this.#roundTrips.count
    return {
      durationMillis: toMicro(performance.now() - this.#startedAt),
      sent,
      received,
      lost: sent - received,
      duplicated,
      reordered: 0,
      malformed,
      rttMicros: this.#roundTrips.summary(),
    }
  }
}
