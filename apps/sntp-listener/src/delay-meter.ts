import { setTimeout as sleep } from 'node:timers/promises'

import { createRateLimiter } from '@sockyard/service/rate-limiter'

import { type ExchangeTarget, Exchanger } from './exchanger.ts'
import type { Reading } from './reading.ts'

/** A short exchange: enough that one of them is not held up, and half of what servers take at once. */
const REQUESTS = 4
const SPACING_MILLIS = 250
const WAIT_MILLIS = 1_000
/** However many sources there are, or seem to be, nobody shall be flooded by us. */
const AT_ONCE = 8
const LIMIT = { perSecond: 1, burst: AT_ONCE }

/** Measures the delay to a source by asking it a few times; the least delay counts (RFC 5905, section 10). */
export class DelayMeter {
  /** Requests sent. */
  sent = 0
  answered = 0
  readonly #now: () => bigint
  readonly #stop = new AbortController()
  readonly #limiter = createRateLimiter(LIMIT)
  #underWay = 0

  /** @param now nanoseconds since 1970 */
  constructor(now: () => bigint) {
    this.#now = now
  }

  /** @returns the reading with the least delay; null: no answer; undefined: too many are being asked */
  async measure(target: ExchangeTarget): Promise<Reading | null | undefined> {
    if (this.#underWay >= AT_ONCE || this.#limiter.take('all') !== 'within') return undefined
    this.#underWay += 1
    try {
      return await this.#askRepeatedly(target)
    } catch {
      // There is no route to it, or not any more.
      return null
    } finally {
      this.#underWay -= 1
    }
  }

  /** Gives up what is under way. */
  stop(): void {
    this.#stop.abort()
  }

  async #askRepeatedly(target: ExchangeTarget): Promise<Reading | null> {
    const { signal } = this.#stop
    using exchanger = await Exchanger.open(target, this.#now)
    let best: Reading | null = null
    for (let request = 0; request < REQUESTS && !signal.aborted; request += 1) {
      if (request > 0) await sleep(SPACING_MILLIS, undefined, { signal })
      this.sent += 1
      const result = await exchanger.ask(WAIT_MILLIS, signal)
      // Nobody listens there, or it does not want to be asked: that is answer enough.
      if (result.outcome === 'unreachable' || result.outcome === 'refused') break
      if (result.outcome === 'silent') continue
      this.answered += 1
      if (best === null || result.reading.delayNanos < best.delayNanos) best = result.reading
    }
    return best
  }
}
