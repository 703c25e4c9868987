import { exportCounts, Gauge, type Registry } from '@sockyard/service/metrics'

import type { Refusal } from './observer.ts'
import type { DelayMeter } from './source-asker.ts'
import type { Source } from './source.ts'

/** What `interval` and `end` hold beside the sources (docs/schemas/sntp-observe.json). */
export interface ObserveCounts {
  received: number
  rejected: number
  duplicated: number
  reordered: number
  malformed: number
  requests: { sent: number; received: number; lost: number }
}

type Verdicts = Record<'accepted' | Refusal, number>

/** Counts every datagram under its one verdict, in plain numbers. */
export class ObserveTotals {
  readonly #meter: DelayMeter
  readonly #verdicts: Verdicts = {
    accepted: 0,
    'port-zero': 0,
    'low-port': 0,
    'own-port': 0,
    'unspecified-source': 0,
    'multicast-source': 0,
    'broadcast-source': 0,
    denied: 0,
    'not-allowed': 0,
    malformed: 0,
    mode: 0,
    version: 0,
    'crypto-nak': 0,
    'mac-missing': 0,
    'mac-unknown-key': 0,
    'mac-wrong': 0,
    'zero-timestamp': 0,
    'kiss-code': 0,
    'stratum-unspecified': 0,
    'stratum-unsynchronised': 0,
    'leap-unsynchronised': 0,
    'root-distance': 0,
    duplicate: 0,
    replayed: 0,
    step: 0,
  }

  constructor(meter: DelayMeter, metrics: Registry) {
    this.#meter = meter
    exportCounts(metrics, {
      name: 'sockyard_sntp_verdicts_total',
      help: 'Datagrams received, by verdict',
      label: 'verdict',
      read: () => Object.entries(this.#verdicts),
    })
    exportCounts(metrics, {
      name: 'sockyard_sntp_requests_total',
      help: 'Requests that measure the delay of a source, and how many of them were answered',
      label: 'outcome',
      read: () => Object.entries({ sent: meter.sent, answered: meter.answered }),
    })
  }

  count(verdict: keyof Verdicts): void {
    this.#verdicts[verdict] += 1
  }

  get rejected(): number {
    const all = Object.values(this.#verdicts).reduce((sum, count) => sum + count, 0)
    return all - this.#verdicts.accepted
  }

  /** Requests that still wait for an answer count as lost. */
  counts(): ObserveCounts {
    const { sent, answered } = this.#meter
    const { accepted, duplicate, replayed, malformed } = this.#verdicts
    return {
      received: accepted,
      rejected: this.rejected,
      duplicated: duplicate,
      reordered: replayed,
      malformed,
      requests: { sent, received: answered, lost: sent - answered },
    }
  }
}

/** As many as Prometheus should be shown, however many there are. */
const SOURCES_SHOWN = 100

/** Exports what is known of the sources: the confirmed ones first, then those heard more than once. */
export function exportSources(metrics: Registry, sources: () => Iterable<Source>): void {
  const gauge = (
    name: string,
    help: string,
    read: (source: Source) => number | undefined,
  ): void => {
    metrics.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['source'],
        registers: [],
        collect() {
          this.reset()
          for (const source of Iterator.from(sources()).take(SOURCES_SHOWN)) {
            const value = read(source)
            if (value !== undefined) this.set({ source: source.address }, value)
          }
        },
      }),
    )
  }
  gauge('sockyard_sntp_offset_seconds', "The source's clock minus ours", (source) =>
    seconds(source.measurement?.offsetNanos),
  )
  gauge('sockyard_sntp_uncertainty_seconds', 'Uncertainty of the offset, either way', (source) =>
    seconds(source.measurement?.uncertaintyNanos),
  )
  gauge(
    'sockyard_sntp_stratum',
    'What the source says of itself',
    (source) => source.last.packet.stratum,
  )
  gauge('sockyard_sntp_last_heard_timestamp_seconds', 'When, since 1970', (source) =>
    seconds(source.last.receivedAt),
  )
  gauge('sockyard_sntp_silent', '1 for a source that went silent', (source) =>
    source.state === 'silent' ? 1 : 0,
  )
}

function seconds(nanos: bigint | undefined): number | undefined {
  return nanos === undefined ? undefined : Number(nanos) / 1e9
}
