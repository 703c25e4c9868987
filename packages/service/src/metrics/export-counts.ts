import { Counter, type Registry } from './prometheus.ts'

/** Counts by one label, read at each scrape. */
export interface CountsToExport {
  /** Of the metric; counters end with `_total`. */
  name: string
  help: string
  /** What the counts differ by, such as `verdict`. */
  label: string
  /** Every count with the label's value, also those that are 0. */
  read: () => Iterable<readonly [string, number]>
}

/** Exports counts that are kept as plain numbers: they become a metric only on a scrape. */
export function exportCounts(metrics: Registry, { name, help, label, read }: CountsToExport): void {
  const collect = function (this: Counter): void {
    this.reset()
    for (const [value, count] of read()) this.inc({ [label]: value }, count)
  }
  metrics.registerMetric(new Counter({ name, help, labelNames: [label], registers: [], collect }))
}
