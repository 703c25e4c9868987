import { setTimeout as sleep } from 'node:timers/promises'

import { RateLimiter } from '@sockyard/net/access'
import type { LimitedLog } from '@sockyard/net/log'
import type { ClockReference, NtpKey, NtpPacket } from '@sockyard/protocol/ntp'

import { type ExchangeTarget, Exchanger } from '../exchange/exchanger.ts'
import { clockReading, micros, type Reading } from '../exchange/reading.ts'
import type { Sender } from './observer.ts'
import type { Source } from './source.ts'
import type { StepRun } from './step-run.ts'

interface AskerOptions {
  /** Whether sources are asked at all. */
  readonly exchange: boolean
  /** Milliseconds. */
  readonly exchangeInterval: number
  readonly keys: ReadonlyMap<number, NtpKey>
  readonly meter: DelayMeter
  /** Called when an exchange has shown how far a source is ahead. */
  readonly onConfirmed: (address: string, reference: ClockReference) => void
  readonly log: LimitedLog
}

/** The first exchanges come soon, for the first broadcasts are the least typical ones. */
const FIRST_PAUSE_MILLIS = 8_000
const PAUSE_FACTOR = 2
/** From so many broadcasts on a source is no newcomer. */
const KNOWN_AFTER = 3

/** Asks sources themselves: how long the way is, and whether a step was real. */
export class SourceAsker {
  readonly #options: AskerOptions

  constructor(options: AskerOptions) {
    this.#options = options
  }

  /** Measures the delay when it is time to; called with each broadcast, so that both are of one moment. */
  async measureDelay(source: Source, nowMillis: number): Promise<void> {
    const { exchange, exchangeInterval, meter, log } = this.#options
    const { exchanges, address, last } = source
    if (!exchange || exchanges.underWay || nowMillis < exchanges.dueAtMillis) return
    exchanges.underWay = true
    const rank = source.accepted < KNOWN_AFTER ? 'newcomer' : 'known'
    const port = exchanges.port ?? last.port
    const reading = await meter.measure(this.#target(address, port, last.packet), rank)
    exchanges.underWay = false
    exchanges.tried = true
    if (reading === undefined) return
    const pause = FIRST_PAUSE_MILLIS * PAUSE_FACTOR ** exchanges.made
    exchanges.made += 1
    exchanges.dueAtMillis = performance.now() + Math.min(pause, exchangeInterval)
    if (reading === null) return
    exchanges.port = port
    this.#options.onConfirmed(address, meter.referenceOf(reading))
    source.estimate.calibrate(reading)
    const measured = clockReading(last.packet, source.measurement)
    log.info({ source: address, port: last.port, ...measured }, 'delay measured')
  }

  /** Asks whether what its broadcasts say is what it says itself; its next broadcast is then believed. */
  async confirmStep(
    { address, port }: Sender,
    packet: NtpPacket,
    run: StepRun,
    source: Source | undefined,
  ): Promise<void> {
    const { exchange, meter, log } = this.#options
    const rank = source === undefined ? 'newcomer' : 'known'
    const target = this.#target(address, port, packet)
    const reading = exchange ? await meter.measure(target, rank) : null
    // In line again meanwhile: not its clock stepped, but what came was late, as when this process was stopped.
    if (reading === undefined || run.isOver) return
    if (run.answered(reading === null ? null : meter.referenceOf(reading))) return
    const facts = { source: address, port, apparentOffsetMicros: micros(run.apparent) }
    log.warn(facts, 'step of a source not confirmed')
    if (source !== undefined) source.state = 'stepped'
  }

  /** A source that signs its broadcasts has to sign its replies with the same key. */
  #target(address: string, port: number, { mac }: NtpPacket): ExchangeTarget {
    const key = mac === null ? undefined : this.#options.keys.get(mac.keyId)
    return { address, port, key }
  }
}

/** A short exchange: enough that one of them is not held up, and half of what servers take at once. */
const REQUESTS = 4
const SPACING_MILLIS = 250
const WAIT_MILLIS = 1_000
/** With any number of sources, real or forged, requests must not flood a host. */
const AT_ONCE = 4
const LIMIT = { perSecond: 1 / 2, burst: AT_ONCE }

/** Each rank has its own limit: forged newcomers do not keep known sources from being asked. */
type Rank = 'newcomer' | 'known'
const RANKS: Readonly<Record<Rank, string>> = { newcomer: '0.0.0.1', known: '0.0.0.2' }

/** Measures the delay to a source by asking it a few times; the least delay counts (RFC 5905, section 10). */
export class DelayMeter {
  /** Requests sent. */
  sent = 0
  answered = 0
  readonly #now: () => bigint
  readonly #stop = new AbortController()
  readonly #limiter = new RateLimiter(LIMIT)
  readonly #underWay: Record<Rank, number> = { newcomer: 0, known: 0 }

  /** @param now nanoseconds since 1970 */
  constructor(now: () => bigint) {
    this.#now = now
  }

  /** @returns the reading with the least delay; null: no answer; undefined: too many are being asked */
  async measure(target: ExchangeTarget, rank: Rank): Promise<Reading | null | undefined> {
    if (this.#underWay[rank] >= AT_ONCE) return undefined
    if (this.#limiter.take(RANKS[rank]) !== 'within') return undefined
    this.#underWay[rank] += 1
    try {
      return await this.#askRepeatedly(target)
    } catch {
      // There is no route to it, or not any more.
      return null
    } finally {
      this.#underWay[rank] -= 1
    }
  }

  /** What a reading of just now shows of the source's clock. */
  referenceOf({ offsetNanos, uncertaintyNanos }: Reading): ClockReference {
    return { offsetNanos, uncertaintyNanos, at: this.#now(), confirmed: true }
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
      // The port is closed, or the source rejects requests: that counts as no answer.
      if (result.outcome === 'refused' || result.outcome === 'rejected') break
      if (result.outcome === 'silent') continue
      this.answered += 1
      if (best === null || result.reading.delayNanos < best.delayNanos) best = result.reading
    }
    return best
  }
}
