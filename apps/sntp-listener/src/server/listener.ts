import { AccessList, SourceFilter } from '@sockyard/net/access'
import { interfaceChoice } from '@sockyard/net/address'
import { chooseEngine } from '@sockyard/net/engine'
import { limitLog } from '@sockyard/net/log'
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
import { Observer, type ObserverOptions, type Sender } from './observer.ts'
import { ObserveReport } from './report.ts'
import { DelayMeter, SourceAsker } from './source-asker.ts'
import type { Source } from './source.ts'

const NANOS_PER_MILLI = 1_000_000
const SECOND_MILLIS = 1_000

/** Listens to NTP broadcasts and multicasts, and measures the offsets of their clocks; it never sets a clock. */
export function createListener(context: ServiceContext<ListenOptions>): Service {
  const { options, log, metrics, now } = context
  const limited = limitLog(log)
  const keys = believedKeys(context)
  const observer = new Observer(observerOptions(options, keys))
  const meter = new DelayMeter(now)
  const totals = new ObserveTotals(meter, metrics)
  const sources = (): Iterable<Source> => observer.sources()
  const report = new ObserveReport({ log, quiet: options.quiet, totals, sources })
  const asker = new SourceAsker({
    ...options,
    keys,
    meter,
    onConfirmed: (address, reference) => observer.confirm(address, reference),
    log: limited,
  })
  exportSources(metrics, sources)

  const receive = (bytes: Uint8Array, from: GroupDatagramSource): void => {
    const at = { wallNanos: from.receivedAt, millis: performance.now() }
    const seen = observer.observe(bytes, from, at)
    if (seen.verdict === 'refuse') {
      totals.count(seen.reason)
      report.refused(from, seen.reason, seen.packet)
      if (seen.ask !== undefined && seen.packet !== null)
        void asker.confirmStep(from, seen.packet, seen.ask, observer.source(from.address))
      return
    }
    const { source, news, step } = seen
    totals.count('accepted')
    if (news !== undefined) {
      const jumped = step === undefined ? {} : { stepMicros: micros(step) }
      limited.info({ source: source.address, port: from.port, ...jumped }, `source ${news}`)
    }
    report.accepted(source)
    void asker.measureDelay(source, at.millis)
  }

  const receivers = createReceivers(context, receive)
  let timer: NodeJS.Timeout | undefined
  const everySecond = (): void => {
    for (const { address, intervalMillis } of observer.poll(performance.now()))
      limited.warn({ source: address, intervalMillis }, 'source silent')
    report.endSecond()
  }

  return {
    async start() {
      await receivers.start()
      report.start(options.port, receivers.places(), receivers.engine)
      timer = setInterval(everySecond, SECOND_MILLIS)
    },
    async stop() {
      clearInterval(timer)
      meter.stop()
      await receivers.stop()
      report.end()
    },
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
