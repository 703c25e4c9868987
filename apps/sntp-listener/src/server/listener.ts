import { AccessList, SourceFilter } from '@sockyard/net/access'
import { interfaceChoice } from '@sockyard/net/address'
import { chooseEngine } from '@sockyard/net/engine'
import { type LimitedLog, limitLog } from '@sockyard/net/log'
import {
  BroadcastEndpoint,
  eachDatagram,
  type GroupDatagramSource,
  type GroupMembership,
  MulticastMembership,
} from '@sockyard/net/multicast'
import { readNtpKeys } from '@sockyard/probe/ntp-keys'
import type { NtpKey } from '@sockyard/protocol/ntp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportUdpServer } from '@sockyard/service/metrics'

import type { ListenOptions } from '../config.ts'
import { micros } from '../exchange/reading.ts'
import { exportSources, ObserveTotals } from './metrics.ts'
import { type Observation, Observer, type ObserverOptions, type Sender } from './observer.ts'
import { ObserveReport } from './report.ts'
import { DelayMeter, SourceAsker } from './source-asker.ts'
import type { Source } from './source.ts'

type Accepted = Extract<Observation, { verdict: 'accept' }>
type Refused = Extract<Observation, { verdict: 'refuse' }>

const NANOS_PER_MILLI = 1_000_000
const SECOND_MILLIS = 1_000

/** Listens to NTP broadcasts and multicasts, and measures the offsets of their clocks; it never sets a clock. */
export class Listener implements Service {
  readonly #port: number
  readonly #limited: LimitedLog
  readonly #observer: Observer
  readonly #meter: DelayMeter
  readonly #asker: SourceAsker
  readonly #totals: ObserveTotals
  readonly #report: ObserveReport
  readonly #receivers: ReturnType<typeof createReceivers>
  #timer: NodeJS.Timeout | undefined

  /** @throws {UsageError} when the keys cannot be read, or an interface does not exist */
  constructor(context: ServiceContext<ListenOptions>) {
    const { options, log, metrics, now } = context
    const keys = believedKeys(context)
    this.#port = options.port
    this.#limited = limitLog(log)
    this.#observer = new Observer(observerOptions(options, keys))
    this.#meter = new DelayMeter(now)
    this.#totals = new ObserveTotals(this.#meter, metrics)
    const sources = (): Iterable<Source> => this.#observer.sources()
    this.#report = new ObserveReport({ log, quiet: options.quiet, totals: this.#totals, sources })
    this.#asker = new SourceAsker({
      ...options,
      keys,
      meter: this.#meter,
      onConfirmed: (address, reference) => this.#observer.confirm(address, reference),
      log: this.#limited,
    })
    exportSources(metrics, sources)
    this.#receivers = createReceivers(context, (bytes, from) => this.#receive(bytes, from))
  }

  async start(): Promise<void> {
    await this.#receivers.start()
    this.#report.start(this.#port, this.#receivers.places(), this.#receivers.engine)
    this.#timer = setInterval(() => this.#endSecond(), SECOND_MILLIS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#meter.stop()
    await this.#receivers.stop()
    this.#report.end()
  }

  #receive(bytes: Uint8Array, from: GroupDatagramSource): void {
    const at = { wallNanos: from.receivedAt, millis: performance.now() }
    const seen = this.#observer.observe(bytes, from, at)
    if (seen.verdict === 'refuse') this.#refused(seen, from)
    else this.#accepted(seen, from.port, at.millis)
  }

  #refused({ reason, ask, packet }: Refused, from: GroupDatagramSource): void {
    this.#totals.count(reason)
    this.#report.refused(from, reason, packet)
    if (ask === undefined || packet === null) return
    void this.#asker.confirmStep(from, packet, ask, this.#observer.source(from.address))
  }

  #accepted({ source, news, step }: Accepted, port: number, atMillis: number): void {
    this.#totals.count('accepted')
    if (news !== undefined) {
      const jumped = step === undefined ? {} : { stepMicros: micros(step) }
      this.#limited.info({ source: source.address, port, ...jumped }, `source ${news}`)
    }
    this.#report.accepted(source)
    void this.#asker.measureDelay(source, atMillis)
  }

  #endSecond(): void {
    for (const { address, intervalMillis } of this.#observer.poll(performance.now()))
      this.#limited.warn({ source: address, intervalMillis }, 'source silent')
    this.#report.endSecond()
  }
}

/** Receives the groups, and the broadcasts where wanted, and no unicast, which could come from anywhere. */
function createReceivers(
  { options, log, metrics }: ServiceContext<ListenOptions>,
  onDatagram: (bytes: Buffer, source: GroupDatagramSource) => void,
) {
  const { port, group, broadcast } = options
  const { engine, why } = chooseEngine(options.engine)
  const interfaces = interfaceChoice(options.interface, 'all')
  const shared = { port, interfaces, engine, log, onBatch: eachDatagram(onDatagram) }
  const groups = [...new Set(group)].map((address) => ({ address }))
  const membership = new MulticastMembership({ ...shared, groups })
  const broadcasts = broadcast ? new BroadcastEndpoint(shared) : undefined
  exportUdpServer(metrics, membership)
  if (broadcasts !== undefined) exportUdpServer(metrics, broadcasts)
  return {
    engine: `${engine} (${why})`,
    async start(): Promise<void> {
      await membership.start()
      try {
        await broadcasts?.start()
      } catch (error) {
        await membership.stop()
        throw error
      }
    },
    async stop(): Promise<void> {
      await Promise.all([membership.stop(), broadcasts?.stop()])
    },
    places: (): GroupMembership[] => [...membership.joined, ...(broadcasts?.open ?? [])],
  }
}

/** With `--key`, only those keys count. */
function believedKeys({
  options,
  log,
}: ServiceContext<ListenOptions>): ReadonlyMap<number, NtpKey> {
  const all = readNtpKeys(options.keys, options.key, log)
  if (options.key.length === 0) return all
  return new Map([...all].filter(([id]) => options.key.includes(id)))
}

function observerOptions(
  options: ListenOptions,
  keys: ReadonlyMap<number, NtpKey>,
): ObserverOptions {
  const addresses = new AccessList(options)
  const filter = new SourceFilter({ anyPort: true })
  const admit = (from: Sender): ReturnType<ObserverOptions['admit']> => {
    const refusal = filter.rejectReason(from)
    if (refusal !== undefined) return refusal
    const access = addresses.check(from.address)
    return access === 'permitted' ? undefined : access
  }
  return {
    admit,
    authentication: { keys, required: options.key.length > 0 },
    maximumSources: options.maxSources,
    assumedDelay: nanosOf(options.broadcastDelay),
    maximumStep: nanosOf(options.maxStep),
    silentAfter: options.silentAfter,
    exchange: options.exchange,
  }
}

function nanosOf(millis: number): bigint {
  return BigInt(Math.round(millis * NANOS_PER_MILLI))
}
