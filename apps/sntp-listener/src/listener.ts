import type { NtpKey } from '@sockyard/protocol/ntp'
import { createAddressList } from '@sockyard/service/address-list'
import { interfaceChoice } from '@sockyard/service/interface-choice'
import { limitLog } from '@sockyard/service/limited-log'
import type { GroupDatagramSource } from '@sockyard/service/membership'
import { readNtpKeys } from '@sockyard/service/ntp-keys'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createSourceRules } from '@sockyard/service/source-rules'

import { micros } from './clock-words.ts'
import type { ListenOptions } from './config.ts'
import { DelayMeter } from './delay-meter.ts'
import { ObserveReport } from './observe-report.ts'
import { ObserveTotals } from './observe-totals.ts'
import { Observer, type ObserverOptions, type Sender } from './observer.ts'
import { createReceivers } from './receivers.ts'
import { SourceAsker } from './source-asker.ts'
import { exportSources } from './source-metrics.ts'
import type { Source } from './source.ts'

const NANOS_PER_MILLI = 1_000_000
const SECOND_MILLIS = 1_000

/** Listens to NTP broadcasts and multicasts, and tells how far their clocks are off; it never sets a clock. */
export function createListener(context: ServiceContext<ListenOptions>): Service {
  const { options, log, metrics, now } = context
  const limited = limitLog(log)
  const keys = believedKeys(context)
  const observer = new Observer(observerOptions(options, keys))
  const meter = new DelayMeter(now)
  const totals = new ObserveTotals(meter, metrics)
  const sources = (): Iterable<Source> => observer.sources()
  const report = new ObserveReport({ log, quiet: options.quiet, totals, sources })
  const asker = new SourceAsker({ ...options, keys, meter, log: limited })
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
    totals.count('accept')
    if (news !== undefined) {
      const jumped = step === undefined ? {} : { stepMicros: micros(step) }
      limited.info({ source: source.address, port: from.port, ...jumped }, `source ${news}`)
    }
    report.accepted(source)
    void asker.measureDelay(source, at.millis)
  }

  const receivers = createReceivers({
    options,
    interfaces: interfaceChoice(options.interface, 'all'),
    log,
    metrics,
    onDatagram: receive,
  })
  let timer: NodeJS.Timeout | undefined
  const everySecond = (): void => {
    for (const { address, intervalMillis } of observer.look(performance.now()))
      limited.warn({ source: address, intervalMillis }, 'source silent')
    report.endSecond()
  }

  return {
    async start() {
      await receivers.start()
      report.start(options.port, receivers.places())
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
  const addresses = createAddressList(options)
  const refusedSource = createSourceRules({ port: options.port, anyPort: true })
  const admit = (from: Sender): ReturnType<ObserverOptions['admit']> => {
    const refusal = refusedSource(from)
    if (refusal !== undefined) return refusal
    const access = addresses.check(from.address)
    return access === 'permitted' ? undefined : access
  }
  return {
    admit,
    authentication: { keys, required: options.key.length > 0 },
    maximumSources: options.maxSources,
    assumedDelay: nanosOf(options.broadcastDelay),
    maximumStep: nanosOf(options.maximumStep),
    silentAfter: options.silentAfter,
    exchange: options.exchange,
  }
}

function nanosOf(millis: number): bigint {
  return BigInt(Math.round(millis * NANOS_PER_MILLI))
}
