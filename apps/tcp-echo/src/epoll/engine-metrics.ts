import { exportCounts } from '@sockyard/service/export-counts'
import { Counter, Gauge, type Registry } from '@sockyard/service/prometheus'
import { TCP_METRICS } from '@sockyard/service/tcp-metric-names'

import type { EngineCounts } from './engine-counts.ts'
import { VisitHistogram } from './visit-histogram.ts'

type Label = readonly [string, number][]

/** Exports what the workers have counted, as one sum, under the names that the other engine uses. */
export function exportEngineCounts(registry: Registry, workers: readonly EngineCounts[]): void {
  const sum = (read: (counts: EngineCounts) => number): number =>
    workers.reduce((total, counts) => total + read(counts), 0)
  const sums = (read: (counts: EngineCounts) => Label) => (): Label => added(workers.map(read))
  registry.registerMetric(
    gauge(TCP_METRICS.connections, () => sum((counts) => counts.single('open'))),
  )
  registry.registerMetric(
    counter(TCP_METRICS.accepted, () => sum((counts) => counts.single('accepted'))),
  )
  const { refused, expired, errors, bytes } = TCP_METRICS
  exportCounts(registry, { ...refused, label: 'reason', read: sums((each) => each.refusals()) })
  exportCounts(registry, { ...expired, label: 'reason', read: sums((each) => each.expiries()) })
  exportCounts(registry, { ...errors, label: 'code', read: sums((each) => each.errors()) })
  exportCounts(registry, { ...bytes, label: 'direction', read: sums(directions) })
  registry.registerMetric(new VisitHistogram(workers))
}

function directions(counts: EngineCounts): Label {
  return [
    ['received', counts.single('received')],
    ['sent', counts.single('sent')],
  ]
}

function added(each: readonly Label[]): [string, number][] {
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
