import {
  Histogram,
  type MetricObjectWithValues,
  type MetricValueWithName,
} from '@sockyard/service/prometheus'

import { VISIT_METRIC } from '../visit-metric.ts'
import type { EngineCounts } from './engine-counts.ts'

type Exported = MetricObjectWithValues<MetricValueWithName<'le'>>

/** The histogram of visits, counted by the workers: here it is only put together. */
export class VisitHistogram extends Histogram<'le'> {
  readonly #workers: readonly EngineCounts[]

  constructor(workers: readonly EngineCounts[]) {
    super({ ...VISIT_METRIC, registers: [] })
    this.#workers = workers
  }

  /** What the registry asks for when it writes text. */
  getForPromString(): Promise<Exported> {
    return this.get()
  }

  override get(): Promise<Exported> {
    return Promise.resolve({
      name: VISIT_METRIC.name,
      help: VISIT_METRIC.help,
      type: 'histogram',
      aggregator: 'sum',
      collect: () => undefined,
      values: this.#values(),
    })
  }

  #values(): Exported['values'] {
    const { name } = VISIT_METRIC
    let count = 0
    const buckets = this.#buckets().map(([bound, within]) => {
      count += within
      const le = Number.isFinite(bound) ? String(bound) : '+Inf'
      return { metricName: `${name}_bucket`, labels: { le }, value: count }
    })
    const seconds = this.#workers.reduce((sum, counts) => sum + counts.single('seconds'), 0)
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: seconds },
      { metricName: `${name}_count`, labels: {}, value: count },
    ]
  }

  #buckets(): [bound: number, count: number][] {
    const total = new Map<number, number>()
    for (const [bound, count] of this.#workers.flatMap((counts) => counts.buckets()))
      total.set(bound, (total.get(bound) ?? 0) + count)
    return [...total]
  }
}
