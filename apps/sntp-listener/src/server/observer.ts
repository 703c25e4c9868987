import type { AccessVerdict, SourceRejection } from '@sockyard/net/access'
import {
  type Authentication,
  type BroadcastRefusal,
  BroadcastSources,
  checkBroadcast,
  type ClockReference,
  decodeNtpPacket,
  type NtpPacket,
  unconfirmedReference,
} from '@sockyard/protocol/ntp'

import { type Heard, Source, type SourceSettings } from './source.ts'
import { type StepJudgement, StepRun } from './step-run.ts'

/** Why a datagram is refused: exactly one reason. */
export type Refusal =
  | SourceRejection
  | Exclude<AccessVerdict, 'permitted'>
  | 'malformed'
  | BroadcastRefusal

/** What became of a datagram. */
export type Observation =
  | {
      readonly verdict: 'accept'
      readonly source: Source
      /** What is new about the source, if anything. */
      readonly news: 'appeared' | 'heard again' | 'stepped' | undefined
      /** By how many nanoseconds its clock jumped. */
      readonly step?: bigint
    }
  | {
      readonly verdict: 'refuse'
      readonly reason: Refusal
      /** Null when it is no NTP packet, or was not parsed. */
      readonly packet: NtpPacket | null
      /** Its source may have been stepped; an exchange decides. */
      readonly ask?: StepRun
    }

export interface ObserverOptions extends SourceSettings {
  readonly authentication: Authentication
  readonly maximumSources: number
  /** Whether an address and port may be a source at all. */
  readonly admit: (from: Sender) => Refusal | undefined
}

/** Where a datagram came from. */
export interface Sender {
  readonly address: string
  readonly port: number
}

/** When it came, by two clocks. */
export interface Moment {
  /** Nanoseconds since 1970; may jump. */
  readonly wallNanos: bigint
  /** Milliseconds; never goes back. */
  readonly millis: number
}

/** Out of line with what was last accepted: a clock that stepped looks like this, and so does a forgery. */
const MAY_BE_STEPS: ReadonlySet<BroadcastRefusal> = new Set(['step', 'replayed'])
/** The old time is gone when so many broadcasts of it did not come. */
const MISSED_BEFORE_STEP = 2

/**
 * Decides on each datagram, and keeps what is known of the sources in bounded memory. Refused datagrams change
 * nothing but counts. It has no socket and no clock.
 */
export class Observer {
  readonly #options: ObserverOptions
  readonly #states: BroadcastSources
  readonly #sources = new Map<string, Source>()
  /** Of senders that were never accepted; the least recent first. */
  readonly #runs = new Map<string, StepRun>()

  constructor(options: ObserverOptions) {
    this.#options = options
    this.#states = new BroadcastSources(options.maximumSources, (address) =>
      this.#sources.delete(address),
    )
  }

  /** The sources: the confirmed ones, those heard more than once, the others. */
  *sources(): IterableIterator<Source> {
    for (const [address] of this.#states.entries()) {
      const source = this.#sources.get(address)
      if (source !== undefined) yield source
    }
  }

  /** What is known of the source at this address. */
  source(address: string): Source | undefined {
    return this.#sources.get(address)
  }

  /** An exchange has shown how far the source at this address is ahead: its broadcasts are measured against that. */
  confirm(address: string, reference: ClockReference): void {
    this.#states.confirm(address, reference)
    this.#sources.get(address)?.confirm(reference)
  }

  /** Takes a datagram that came in. */
  observe(bytes: Uint8Array, from: Sender, at: Moment): Observation {
    const denied = this.#options.admit(from)
    if (denied !== undefined) return { verdict: 'refuse', reason: denied, packet: null }
    const decoded = decodeNtpPacket(bytes, at.wallNanos)
    if (!decoded.ok) return this.#refuse('malformed', from, null)
    const packet = decoded.value
    const { authentication, maximumStep } = this.#options
    const state = this.#states.get(from.address)?.state ?? null
    const policy = { ...authentication, maximumStepNanos: maximumStep }
    const checked = checkBroadcast(packet, state, at.wallNanos, policy)
    if (checked.verdict === 'accept')
      return this.#accept({ packet, port: from.port, ...checked.state }, from, at)
    return this.#outOfLine(checked.reason, packet, from, at)
  }

  /** Finds the sources that have become silent, and forgets those that have been for long. */
  poll(nowMillis: number): Source[] {
    const all = [...this.sources()]
    for (const source of all.filter((each) => each.isForgettable(nowMillis)))
      this.#forget(source.address)
    const silent = all.filter((each) => each.state !== 'silent' && each.isOverdue(nowMillis))
    for (const source of silent) source.state = 'silent'
    return silent
  }

  #accept(heard: Heard, from: Sender, at: Moment): Observation {
    const { address } = from
    // An exchange may have shown the step before the broadcasts did.
    const step = heard.transmitAt - heard.receivedAt - (this.#sources.get(address)?.apparent ?? 0n)
    const { maximumStep } = this.#options
    const isStep = step > maximumStep || step < -maximumStep
    if (isStep && heard.reference.confirmed) return this.#step(heard, from, at, step)
    const known = this.#keep(address, heard)
    if (known === undefined) {
      const source = new Source(address, heard, at.millis, this.#options)
      this.#sources.set(address, source)
      this.#runs.get(address)?.end()
      this.#runs.delete(address)
      return { verdict: 'accept', source, news: 'appeared' }
    }
    const news = known.state === 'silent' ? 'heard again' : undefined
    known.hear(heard, at.millis)
    known.steps.end()
    return { verdict: 'accept', source: known, news }
  }

  #outOfLine(reason: BroadcastRefusal, packet: NtpPacket, from: Sender, at: Moment): Observation {
    const { transmitAt } = packet
    if (transmitAt === null || !MAY_BE_STEPS.has(reason)) return this.#refuse(reason, from, packet)
    const known = this.#sources.get(from.address)
    const run = known?.steps ?? this.#runOf(from.address)
    const arrival = { packet, port: from.port, transmitAt, receivedAt: at.wallNanos }
    const usual = known?.apparent ?? 0n
    const judgement = this.#judge(run, arrival, known, at)
    if (judgement !== 'stepped') {
      const refusal = this.#refuse(reason, from, packet)
      return judgement === 'ask' ? { ...refusal, ask: run } : refusal
    }
    const apparent = transmitAt - at.wallNanos
    const reference = run.confirmed ?? unconfirmedReference(apparent, at.wallNanos)
    return this.#step({ ...arrival, reference }, from, at, apparent - usual)
  }

  #judge(
    run: StepRun,
    arrival: Omit<Heard, 'reference'>,
    known: Source | undefined,
    at: Moment,
  ): StepJudgement {
    const { mac } = arrival.packet
    const signed = mac !== null && this.#options.authentication.keys.has(mac.keyId)
    const toleranceMillis = (known?.intervalMillis ?? 0) * MISSED_BEFORE_STEP
    const oldTimeIsGone = known === undefined || known.unheardMillis(at.millis) > toleranceMillis
    return run.add({ ...arrival, signed }, known?.apparent ?? 0n, oldTimeIsGone)
  }

  #step(heard: Heard, { address }: Sender, at: Moment, step: bigint): Observation {
    const known = this.#keep(address, heard)
    const source = known ?? new Source(address, heard, at.millis, this.#options)
    if (known === undefined) source.state = 'stepped'
    else known.step(heard, at.millis)
    source.steps.end()
    this.#sources.set(address, source)
    this.#runs.delete(address)
    return { verdict: 'accept', source, news: 'stepped', step }
  }

  #keep(address: string, { transmitAt, receivedAt, reference }: Heard): Source | undefined {
    this.#states.accept(address, { transmitAt, receivedAt, reference })
    return this.#sources.get(address)
  }

  #refuse(reason: Refusal, { address }: Sender, packet: NtpPacket | null) {
    this.#sources.get(address)?.refuse(reason)
    return { verdict: 'refuse', reason, packet } as const
  }

  #runOf(address: string): StepRun {
    const run = this.#runs.get(address) ?? new StepRun(this.#options.maximumStep)
    this.#runs.delete(address)
    this.#runs.set(address, run)
    const [oldest] = this.#runs.keys()
    if (oldest !== undefined && this.#runs.size > this.#options.maximumSources)
      this.#runs.delete(oldest)
    return run
  }

  #forget(address: string): void {
    this.#states.forget(address)
    this.#sources.delete(address)
  }
}
