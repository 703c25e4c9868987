import { createHash } from 'node:crypto'

import type { ExpositionSample, MetricFamily } from './exposition.ts'

/** What a chart shows as one line. */
export interface Series {
  id: string
  /** The id of the service. */
  service: string
  /** Of the metric. */
  name: string
  labels: Readonly<Record<string, string>>
  unit: string
  /** A rate is per second, of a counter; a quantile is of what came since the scrape before. */
  kind: 'gauge' | 'rate' | 'quantile'
}

/** Those of the process that say something of a service; all of Sockyard's own are kept. */
const PROCESS_METRICS = new Set([
  'process_cpu_seconds_total',
  'process_open_fds',
  'process_resident_memory_bytes',
])
const QUANTILES = [0.5, 0.9, 0.99]
/** Of one service: what comes after so many is left out. */
const MAXIMUM_SERIES = 256

/** Makes values of series out of the scrapes of one service. */
export class SeriesReader {
  readonly #service: string
  readonly #series = new Map<string, Series>()
  /** Of counters and buckets. */
  #before = new Map<string, number>()
  #beforeMillis: number | undefined

  constructor(service: string) {
    this.#service = service
  }

  /** @param nowMillis a clock that never goes back */
  read(families: readonly MetricFamily[], nowMillis: number): Map<Series, number> {
    const seconds = this.#beforeMillis === undefined ? 0 : (nowMillis - this.#beforeMillis) / 1_000
    const counts = new Map<string, number>()
    const values = new Map<Series, number>()
    for (const family of families.filter(isKept))
      for (const [name, labels, kind, value] of this.#valuesOf(family, seconds, counts)) {
        const series = Number.isFinite(value) ? this.#find(name, labels, kind) : undefined
        if (series !== undefined) values.set(series, value)
      }
    this.#before = counts
    this.#beforeMillis = nowMillis
    return values
  }

  #valuesOf(family: MetricFamily, seconds: number, counts: Map<string, number>): Value[] {
    const increase = (sample: ExpositionSample): number | undefined => {
      const key = keyOf(sample)
      const before = this.#before.get(key)
      counts.set(key, sample.value)
      if (before === undefined || seconds === 0) return undefined
      // Lower than before: the service was started anew.
      return sample.value < before ? sample.value : sample.value - before
    }
    if (family.type === 'histogram') return quantilesOf(family, increase)
    if (family.type === 'counter')
      return family.samples.flatMap((sample) => {
        const more = increase(sample)
        return more === undefined ? [] : [[sample.name, sample.labels, 'rate', more / seconds]]
      })
    const kind = family.type === 'summary' ? 'quantile' : 'gauge'
    return family.samples.map(({ name, labels, value }) => [name, labels, kind, value])
  }

  #find(name: string, labels: Series['labels'], kind: Series['kind']): Series | undefined {
    const key = keyOf({ name, labels })
    const known = this.#series.get(key)
    if (known !== undefined || this.#series.size >= MAXIMUM_SERIES) return known
    const service = this.#service
    const id = createHash('sha256').update(`${service}\n${key}`).digest('base64url').slice(0, 12)
    const series: Series = { id, service, name, labels, unit: unitOf(name, kind), kind }
    this.#series.set(key, series)
    return series
  }
}

type Value = [name: string, labels: Series['labels'], kind: Series['kind'], value: number]

function isKept({ name }: MetricFamily): boolean {
  return name.startsWith('sockyard_') || PROCESS_METRICS.has(name)
}

function keyOf({ name, labels }: Pick<ExpositionSample, 'name' | 'labels'>): string {
  const sorted = Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `${name}${JSON.stringify(sorted)}`
}

/** Quantiles of what a histogram got since the scrape before; none when it got nothing. */
function quantilesOf(
  family: MetricFamily,
  increase: (sample: ExpositionSample) => number | undefined,
): Value[] {
  const buckets = family.samples.filter(({ name }) => name.endsWith('_bucket'))
  const groups = Map.groupBy(buckets, ({ labels }) =>
    keyOf({ name: family.name, labels: withoutBound(labels) }),
  )
  return [...groups.values()].flatMap((group) => {
    const within = group.flatMap((sample): [number, number][] => {
      const more = increase(sample)
      return more === undefined ? [] : [[boundOf(sample.labels), more]]
    })
    // The first scrape tells no increase.
    if (within.length < group.length) return []
    const sorted = within.toSorted(([one], [other]) => one - other)
    const labels = withoutBound(group[0]?.labels ?? {})
    return QUANTILES.flatMap((quantile): Value[] => {
      const value = quantileOf(sorted, quantile)
      const withQuantile = { ...labels, quantile: String(quantile) }
      return value === undefined ? [] : [[family.name, withQuantile, 'quantile', value]]
    })
  })
}

function withoutBound(labels: Series['labels']): Series['labels'] {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'le'))
}

function boundOf({ le = '' }: Series['labels']): number {
  return le === '+Inf' ? Infinity : Number(le)
}

/**
 * As histogram_quantile of Prometheus: between the bounds of its bucket in proportion; of the last bucket its lower
 * bound.
 *
 * @param buckets upper bounds and how many were within, both ascending
 */
export function quantileOf(
  buckets: readonly (readonly [bound: number, within: number])[],
  quantile: number,
): number | undefined {
  const total = buckets.at(-1)?.[1] ?? 0
  if (total <= 0) return undefined
  const rank = quantile * total
  const index = buckets.findIndex(([, within]) => within >= rank)
  const [bound, within] = buckets[index] ?? [0, 0]
  const [lower, below] = index === 0 ? [0, 0] : (buckets[index - 1] ?? [0, 0])
  if (bound === Infinity) return lower
  return lower + ((bound - lower) * (rank - below)) / Math.max(1, within - below)
}

const UNITS = ['bytes', 'seconds'] as const

function unitOf(name: string, kind: Series['kind']): string {
  const unit = UNITS.find((each) => new RegExp(`_${each}(?:_total)?$`).test(name)) ?? ''
  if (kind !== 'rate') return unit
  return unit === '' ? 'per second' : `${unit} per second`
}
