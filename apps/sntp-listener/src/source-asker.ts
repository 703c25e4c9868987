import type { NtpKey, NtpPacket } from '@sockyard/protocol/ntp'
import type { LimitedLog } from '@sockyard/service/limited-log'

import { clockReading, micros } from './clock-words.ts'
import type { DelayMeter } from './delay-meter.ts'
import type { ExchangeTarget } from './exchanger.ts'
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
  readonly log: LimitedLog
}

/** The first exchanges come soon, for the first broadcasts are the least typical ones. */
const FIRST_PAUSE_MILLIS = 8_000
const PAUSE_FACTOR = 2

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
    const reading = await meter.measure(this.#target(address, last.port, last.packet))
    exchanges.underWay = false
    exchanges.tried = true
    if (reading === undefined) return
    const pause = FIRST_PAUSE_MILLIS * PAUSE_FACTOR ** exchanges.made
    exchanges.made += 1
    exchanges.dueAtMillis = performance.now() + Math.min(pause, exchangeInterval)
    if (reading === null) return
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
    const reading = exchange ? await meter.measure(this.#target(address, port, packet)) : null
    // In line again meanwhile: not its clock stepped, but what came was late, as when this process was stopped.
    if (reading === undefined || run.isOver || run.answered(reading?.offsetNanos ?? null)) return
    const facts = { source: address, port, apparentOffsetMicros: micros(run.apparent) }
    log.warn(facts, 'source seems to have stepped, and does not confirm it')
    if (source !== undefined) source.state = 'stepped'
  }

  /** A source that signs its broadcasts has to sign its replies with the same key. */
  #target(address: string, port: number, { mac }: NtpPacket): ExchangeTarget {
    const key = mac === null ? undefined : this.#options.keys.get(mac.keyId)
    return { address, port, key }
  }
}
