import type { TcpCounters, TcpServer } from '@sockyard/net/tcp'

import { exportCounts } from './export-counts.ts'
import { showPeers } from './peers.ts'
import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValueWithName,
  type Registry,
} from './prometheus.ts'

/** The same whichever engine or process model runs. */
const TCP_METRICS = {
  connections: { name: 'sockyard_tcp_connections', help: 'Connections open now' },
  queued: {
    name: 'sockyard_tcp_queued_bytes',
    help: 'Bytes in the process that peers have not taken yet',
  },
  accepted: { name: 'sockyard_tcp_accepted_total', help: 'Connections accepted' },
  refused: { name: 'sockyard_tcp_refused_total', help: 'Connections refused, by reason' },
  expired: { name: 'sockyard_tcp_expired_total', help: 'Ended by a timeout, by reason' },
  errors: { name: 'sockyard_tcp_errors_total', help: 'Connections that failed, by errno' },
  bytes: { name: 'sockyard_tcp_bytes_total', help: 'Bytes received from and sent to peers' },
} as const

type Labelled = readonly (readonly [label: string, count: number])[]

/** The servers that share a registry are exported as one sum. */
const countersOf = new WeakMap<Registry, TcpCounters[]>()

/**
 * Exports what TCP servers count, as one sum of all that share the registry; the numbers become metrics only when
 * they are scraped.
 */
export function exportTcpCounters(registry: Registry, counters: readonly TcpCounters[]): void {
  const known = countersOf.get(registry)
  if (known !== undefined) return void known.push(...counters)
  const all = [...counters]
  countersOf.set(registry, all)
  const { connections, queued, accepted, refused, expired, errors, bytes } = TCP_METRICS
  const sum = (name: 'open' | 'queued' | 'accepted') => () =>
    all.reduce((total, each) => total + each.get(name), 0)
  const sums = (read: (each: TcpCounters) => Labelled) => (): Labelled => added(all.map(read))
  registry.registerMetric(gauge(connections, sum('open')))
  registry.registerMetric(gauge(queued, sum('queued')))
  registry.registerMetric(counter(accepted, sum('accepted')))
  exportCounts(registry, { ...refused, label: 'reason', read: sums((each) => each.rejections()) })
  exportCounts(registry, { ...expired, label: 'reason', read: sums((each) => each.expiries()) })
  exportCounts(registry, { ...errors, label: 'code', read: sums((each) => each.errors()) })
  exportCounts(registry, { ...bytes, label: 'direction', read: sums(directions) })
}

/** The same of one server, whose peers are shown on the admin endpoint as well. */
export function exportTcpServer(registry: Registry, server: TcpServer): void {
  exportTcpCounters(registry, [server.counters])
  showPeers(registry, () => server.traffic())
}

function directions(counters: TcpCounters): Labelled {
  return [
    ['received', counters.get('received')],
    ['sent', counters.get('sent')],
  ]
}

function added(each: readonly Labelled[]): [string, number][] {
  const total = new Map<string, number>()
  for (const [label, count] of each.flat()) total.set(label, (total.get(label) ?? 0) + count)
  return [...total]
}

function gauge(metric: { name: string; help: string }, read: () => number): Gauge {
  return new Gauge({
    ...metric,
    registers: [],
    collect() {
      this.set(read())
    },
  })
}

function counter(metric: { name: string; help: string }, read: () => number): Counter {
  return new Counter({
    ...metric,
    registers: [],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

const DURATIONS = {
  name: 'sockyard_tcp_connection_seconds',
  help: 'Duration of connections',
} as const
type Exported = MetricObjectWithValues<MetricValueWithName<'le'>>

/** Exports how long connections lasted, as a histogram. */
export function exportConnectionDurations(
  registry: Registry,
  counters: readonly TcpCounters[],
): void {
  registry.registerMetric(new DurationHistogram(counters))
}

/** Counted elsewhere: here it is only put together. */
class DurationHistogram extends Histogram<'le'> {
  readonly #counters: readonly TcpCounters[]

  constructor(counters: readonly TcpCounters[]) {
    super({ ...DURATIONS, registers: [] })
    this.#counters = counters
  }

  /** What the registry asks for when it writes text. */
  getForPromString(): Promise<Exported> {
    return this.get()
  }

  override get(): Promise<Exported> {
    return Promise.resolve({
      ...DURATIONS,
      type: 'histogram',
      aggregator: 'sum',
      collect: () => undefined,
      values: this.#values(),
    })
  }

  #values(): Exported['values'] {
    const { name } = DURATIONS
    let count = 0
    const durations = added(
      this.#counters.map((each) => each.durations().map(([bound, n]) => [String(bound), n])),
    )
    const buckets = durations.map(([bound, within]) => {
      count += within
      const le = bound === 'Infinity' ? '+Inf' : bound
      return { metricName: `${name}_bucket`, labels: { le }, value: count }
    })
    const seconds = this.#counters.reduce((sum, each) => sum + each.get('seconds'), 0)
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: seconds },
      { metricName: `${name}_count`, labels: {}, value: count },
    ]
  }
}
