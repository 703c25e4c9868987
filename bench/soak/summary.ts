import type { LogLine } from '@sockyard/testkit/process'

import type { Sample } from './sample.ts'
import type { Exit } from './service-process.ts'
import type { Counts } from './tally.ts'

/** What is known of one service at the end of a soak. */
export interface ServiceRecord {
  app: string
  /** After start, before any traffic. */
  before: Sample
  /** While there was traffic. */
  samples: readonly Sample[]
  /** When traffic had ended. */
  after: Sample
  exit: Exit
  /** From SIGTERM to the end of the process. */
  stopMillis: number
  levels: Readonly<Record<string, number>>
  complaints: readonly LogLine[]
  errorOutput: readonly string[]
}

/** What one kind of traffic saw. */
export interface TrafficRecord {
  counts: Counts
  failures: number
  messages: readonly string[]
}

/** The figures of one service. */
export interface ServiceSummary {
  app: string
  /** Of the heap in use after a collection, over the samples from `slopeFrom` on; null when they are too few or too short a time. */
  heapBytesPerHour: number | null
  heapBytes: { before: number; after: number; highest: number }
  residentBytes: { before: number; after: number; highest: number }
  descriptors: { before: number; after: number; highest: number }
  threads: { before: number; after: number; highest: number }
  /** Of the p99 of each sample. */
  loopP99Millis: { median: number; highest: number }
  loopMaxMillis: number
  /** Share of one core while there was traffic. */
  cpuPercent: number
  errors: number
  warnings: number
  exit: Exit
  stopMillis: number
}

/** A limit, and whether it was kept. */
export interface Verdict {
  limit: string
  /** Null when the soak was too short to tell. */
  kept: boolean | null
  /** What broke it, or the worst of what kept it. */
  figures: string
}

/** What heats up in the first minutes is no leak: caches, compiled code, tables that fill. */
export const WARM_UP_SECONDS = 600
/** What grows within a few minutes says nothing about an hour. */
const SHORTEST_TREND_SECONDS = 600
const HEAP_BYTES_PER_HOUR = 1_000_000
const LOOP_P99_MILLIS = 50
const STOP_MILLIS = 6000

/**
 * The slope of the line through points by least squares: `y` for one of `x`.
 *
 * @returns null for fewer than three points, which are no trend
 */
export function slope(points: readonly (readonly [x: number, y: number])[]): number | null {
  if (points.length < 3) return null
  const mean = (of: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const squares = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const products = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return squares === 0 ? null : products / squares
}

/** @param slopeFrom seconds of the soak from which the heap counts */
export function summarize(record: ServiceRecord, slopeFrom: number): ServiceSummary {
  const { app, samples, exit, stopMillis, levels, before, after } = record
  const settled = samples.filter(({ seconds }) => seconds >= slopeFrom)
  const isTrend = (settled.at(-1)?.seconds ?? 0) - slopeFrom >= SHORTEST_TREND_SECONDS
  const points = settled.map(({ seconds, heapBytes }): [number, number] => [seconds, heapBytes])
  const perSecond = isTrend ? slope(points) : null
  const range = (of: 'heapBytes' | 'residentBytes' | 'descriptors' | 'threads') => ({
    before: before[of],
    after: after[of],
    highest: Math.max(...samples.map((sample) => sample[of])),
  })
  const p99s = samples.map(({ loopP99Millis }) => loopP99Millis).toSorted((a, b) => a - b)
  const [first = before, last = after] = [samples[0], samples.at(-1)]
  return {
    app,
    heapBytesPerHour: perSecond === null ? null : perSecond * 3600,
    heapBytes: range('heapBytes'),
    residentBytes: range('residentBytes'),
    descriptors: range('descriptors'),
    threads: range('threads'),
    loopP99Millis: {
      median: p99s[Math.floor(p99s.length / 2)] ?? Number.NaN,
      highest: p99s.at(-1) ?? Number.NaN,
    },
    loopMaxMillis: Math.max(...samples.map(({ loopMaxMillis }) => loopMaxMillis)),
    cpuPercent:
      (100 * (last.cpuSeconds - first.cpuSeconds)) / Math.max(1, last.seconds - first.seconds),
    errors: (levels['error'] ?? 0) + (levels['fatal'] ?? 0) + record.errorOutput.length,
    warnings: levels['warn'] ?? 0,
    exit,
    stopMillis,
  }
}

/** Holds the figures against the limits. */
export function judge(
  services: readonly ServiceSummary[],
  traffic: Readonly<Record<string, TrafficRecord>>,
): Verdict[] {
  return [
    heapVerdict(services),
    worst('descriptors are back', services, ({ descriptors: d }) => d.after - d.before, 1, 'more'),
    worst('threads are back', services, ({ threads: t }) => t.after - t.before, 1, 'more'),
    worst(
      'event loop p99 under 50 ms (median of the samples)',
      services,
      (each) => each.loopP99Millis.median,
      LOOP_P99_MILLIS,
      'ms',
    ),
    worst(
      'no errors in logs, nothing on standard error',
      services,
      ({ errors }) => errors,
      1,
      'errors',
    ),
    worst('SIGTERM is obeyed in 6 s', services, ({ stopMillis }) => stopMillis, STOP_MILLIS, 'ms'),
    worst('exit code 0', services, ({ exit }) => (exit.code === 0 ? 0 : 1), 1, ''),
    trafficVerdict(traffic),
  ]
}

function heapVerdict(services: readonly ServiceSummary[]): Verdict {
  const limit = 'heap grows less than 1 MB/h after the warm-up'
  const minutes = (WARM_UP_SECONDS + SHORTEST_TREND_SECONDS) / 60
  const tooShort = { limit, kept: null, figures: `that takes more than ${minutes} minutes` }
  if (services.some(({ heapBytesPerHour }) => heapBytesPerHour === null)) return tooShort
  const slopeOf = (each: ServiceSummary): number => each.heapBytesPerHour ?? 0
  return worst(limit, services, slopeOf, HEAP_BYTES_PER_HOUR, 'B/h')
}

function worst(
  limit: string,
  services: readonly ServiceSummary[],
  figure: (service: ServiceSummary) => number,
  below: number,
  unit: string,
): Verdict {
  const figures = services.map((each) => ({ app: each.app, value: figure(each) }))
  const broken = figures.filter(({ value }) => !(value < below))
  const [highest] = figures.toSorted((a, b) => b.value - a.value)
  const shown = broken.length > 0 || highest === undefined ? broken : [highest]
  return {
    limit,
    kept: broken.length === 0,
    figures: shown
      .map(({ app, value }) => `${app} ${Math.round(value * 10) / 10} ${unit}`.trim())
      .join(', '),
  }
}

/** Nothing lost, doubled, out of order or broken, and no client that failed. */
function trafficVerdict(traffic: Readonly<Record<string, TrafficRecord>>): Verdict {
  const broken = Object.entries(traffic).filter(
    ([, { counts, failures }]) =>
      failures > 0 || counts.lost + counts.duplicated + counts.reordered + counts.malformed > 0,
  )
  return {
    limit: 'no gap, duplicate, reordering or failure in any traffic',
    kept: broken.length === 0,
    figures: broken
      .map(
        ([name, { counts: c, failures }]) =>
          `${name}: ${c.lost} lost, ${c.duplicated} duplicated, ${c.reordered} reordered, ${c.malformed} malformed, ${failures} failures`,
      )
      .join('; '),
  }
}
