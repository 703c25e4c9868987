import { Jitter } from '@sockyard/probe/statistics'
import {
  type ClockReference,
  driftSince,
  log2ToNanos,
  type NtpPacket,
} from '@sockyard/protocol/ntp'

import { type Measurement, precisionOf } from '../exchange/reading.ts'
import { OffsetEstimate } from './offset-estimate.ts'
import { StepRun } from './step-run.ts'

/** `stepped`: its clock jumped, and nothing is known since, or what it says now is not confirmed. */
export type SourceState = 'new' | 'heard' | 'silent' | 'stepped'

/** A broadcast that was accepted. */
export interface Heard {
  readonly packet: NtpPacket
  readonly port: number
  /** Nanoseconds since 1970. */
  readonly transmitAt: bigint
  readonly receivedAt: bigint
  /** What is held to be true of the source's clock since. */
  readonly reference: ClockReference
}

export interface SourceSettings {
  /** Nanoseconds. */
  readonly assumedDelay: bigint
  readonly maximumStep: bigint
  /** Whether it is asked how long its broadcasts take: until it was, its offset is not known. */
  readonly exchange: boolean
  /** Broadcasts missed until a source is silent. */
  readonly silentAfter: number
}

const NANOS_PER_MILLI = 1_000_000
/** Of what a source says itself of its interval: 2^0 to 2^10 s (RFC 5905, MINPOLL is 4, yet SNTP goes lower). */
const POLLS = { least: 0, greatest: 10 }
/** The longest of so many gaps counts: a source may broadcast to several groups in a row. */
const GAPS = 8
/** A source silent for this many times what made it silent is forgotten. */
const FORGET_AFTER = 10
/** One that was never confirmed by an exchange is forgotten sooner: a forger may claim any interval. */
const FORGET_UNCONFIRMED_MILLIS = 3_600_000

/** Where the exchanges with a source stand. */
interface Exchanges {
  /** Whether it was its turn once. */
  tried: boolean
  made: number
  dueAtMillis: number
  underWay: boolean
  /** From which it answered: that of a broadcast may be forged. */
  port: number | undefined
}

/** What is known of one source that had a broadcast accepted. */
export class Source {
  readonly address: string
  readonly estimate: OffsetEstimate
  readonly steps: StepRun
  state: SourceState = 'new'
  accepted = 0
  readonly refused = new Map<string, number>()
  last: Heard
  exchanges: Exchanges = { tried: false, made: 0, dueAtMillis: 0, underWay: false, port: undefined }
  readonly #settings: SourceSettings
  #reference: ClockReference
  #jitter = new Jitter()
  #lastHeardMillis: number
  #gaps: number[] = []

  /** @param nowMillis of a clock that never goes back */
  constructor(address: string, first: Heard, nowMillis: number, settings: SourceSettings) {
    this.address = address
    this.#settings = settings
    this.estimate = new OffsetEstimate(settings.assumedDelay, settings.maximumStep)
    this.steps = new StepRun(settings.maximumStep)
    this.last = first
    this.#reference = first.reference
    this.#lastHeardMillis = nowMillis
    this.#measure(first)
    this.accepted = 1
  }

  /** Another broadcast was accepted. */
  hear(heard: Heard, nowMillis: number): void {
    const gapMillis = nowMillis - this.#lastHeardMillis
    this.#reference = heard.reference
    if (this.state !== 'silent' && this.#showsInterval)
      this.#gaps = [...this.#gaps.slice(1 - GAPS), gapMillis]
    this.state = 'heard'
    this.last = heard
    this.#lastHeardMillis = nowMillis
    this.#measure(heard)
    this.accepted += 1
  }

  /** Whether an exchange has shown how far it is ahead. */
  get isConfirmed(): boolean {
    return this.#reference.confirmed
  }

  /** An exchange has. */
  confirm(reference: ClockReference): void {
    this.#reference = reference
  }

  /** Its clock stepped, and this is the first broadcast believed since. */
  step(heard: Heard, nowMillis: number): void {
    this.estimate.restart()
    this.#jitter = new Jitter()
    this.hear(heard, nowMillis)
    this.state = 'stepped'
  }

  refuse(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }

  /** The offset by its last broadcast; null until its delay was asked for, lest it be a guess. */
  get measurement(): Measurement | null {
    if (this.#settings.exchange && !this.exchanges.tried) return null
    const { transmitAt, receivedAt } = this.last
    const { offsetNanos, uncertaintyNanos } = this.estimate.last(transmitAt, receivedAt)
    // What one broadcast says, which may be forged, moves what is believed no faster than a clock could go.
    const apart = offsetNanos - this.#reference.offsetNanos
    const unexplained = (apart < 0n ? -apart : apart) - driftSince(this.#reference, receivedAt)
    return {
      offsetNanos,
      uncertaintyNanos: unexplained > uncertaintyNanos ? unexplained : uncertaintyNanos,
    }
  }

  /** How far it was ahead at its last accepted broadcast, without the delay; nanoseconds. */
  get apparent(): bigint {
    return this.last.transmitAt - this.last.receivedAt
  }

  /** Of its offset; null when heard once. */
  get jitterMicros(): number | null {
    return this.accepted < 2 ? null : this.#jitter.micros
  }

  /** From one broadcast to the next, as heard; until enough were heard, at least what it says itself. */
  get intervalMillis(): number {
    const { least, greatest } = POLLS
    const poll = Math.min(greatest, Math.max(least, this.last.packet.poll))
    const said = this.#gaps.length < GAPS ? Number(log2ToNanos(poll)) / NANOS_PER_MILLI : 0
    return Math.max(said, ...this.#gaps)
  }

  /** How long it has not been heard. */
  unheardMillis(nowMillis: number): number {
    return nowMillis - this.#lastHeardMillis
  }

  isOverdue(nowMillis: number): boolean {
    return this.unheardMillis(nowMillis) > this.intervalMillis * this.#settings.silentAfter
  }

  isForgettable(nowMillis: number): boolean {
    const silentMillis = this.intervalMillis * this.#settings.silentAfter
    const longest = this.isConfirmed ? Infinity : FORGET_UNCONFIRMED_MILLIS
    return this.unheardMillis(nowMillis) > Math.min(silentMillis * FORGET_AFTER, longest)
  }

  /** Only confirmed broadcasts do, where the source can be asked. */
  get #showsInterval(): boolean {
    const isUnconfirmable = !this.#settings.exchange || this.exchanges.made > 0
    return this.isConfirmed || isUnconfirmable
  }

  #measure({ packet, transmitAt, receivedAt }: Heard): void {
    this.#jitter.record(Number(transmitAt - receivedAt) / 1_000)
    this.estimate.add(transmitAt, receivedAt, precisionOf(packet))
  }
}
