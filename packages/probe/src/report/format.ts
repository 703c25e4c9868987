import type { MicrosSummary } from '../statistics/histogram.ts'

/** A duration in the unit that reads best, three digits: `85 µs`, `1.2 ms`, `-340 ns`, `2.05 s`. */
export function formatMicros(micros: number): string {
  const size = Math.abs(micros)
  if (size < 0.9995) return `${threeDigits(micros * 1_000)} ns`
  if (size < 999.5) return `${threeDigits(micros)} µs`
  if (size < 999_500) return `${threeDigits(micros / 1_000)} ms`
  return `${threeDigits(micros / 1_000_000)} s`
}

/** How long something lasted or shall last: `200 ms`, `1 s`, `90.1 s`. */
export function formatDuration(millis: number): string {
  return millis < 999.5 ? formatMicros(millis * 1_000) : `${Math.round(millis / 100) / 10} s`
}

/** Bytes a second as the bits a second that networks are rated by: `9.41 Gbit/s`. */
export function formatBitRate(bytesPerSecond: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']
  let rate = bytesPerSecond * 8
  let unit = 0
  while (rate >= 999.5 && unit < units.length - 1) {
    rate /= 1_000
    unit++
  }
  return `${threeDigits(rate)} ${units[unit]}`
}

/** A share in per cent: `0 %`, `0.01 %`, `10 %`; nothing of nothing is `0 %`. */
export function formatShare(part: number, whole: number): string {
  return `${threeDigits(whole === 0 ? 0 : (100 * part) / whole)} %`
}

/** `offset +120 ms ± 500 ms`: a clock is that much ahead of ours. Empty when that is not known. */
export function formatOffset(clock: {
  offsetMicros: number | null
  uncertaintyMicros: number | null
}): string {
  const { offsetMicros, uncertaintyMicros } = clock
  if (offsetMicros === null || uncertaintyMicros === null) return ''
  const sign = offsetMicros < 0 ? '' : '+'
  return `offset ${sign}${formatMicros(offsetMicros)} ± ${formatMicros(uncertaintyMicros)}`
}

interface Counts {
  sent: number
  received: number
  lost: number
  duplicated: number
  reordered: number
  malformed: number
  skipped?: number
}

/** `sent 10  received 9  lost 1 (10 %)`, and what else there was: duplicated, reordered, malformed, skipped. */
export function formatCounts(counts: Counts): string {
  const { sent, received, lost } = counts
  const others = (['duplicated', 'reordered', 'malformed', 'skipped'] as const)
    .filter((name) => (counts[name] ?? 0) > 0)
    .map((name) => `${name} ${counts[name]}`)
  const main = [`sent ${padded(sent)}`, `received ${padded(received)}`, `lost ${padded(lost)}`]
  return [`${main.join('  ')} (${formatShare(lost, sent)})`, ...others].join('  ')
}

/**
 * The short form for a line of an interval, with the higher of p90 and p99 that there is; an em dash stands for
 * nothing received.
 */
export function formatPercentiles(summary: MicrosSummary | null): string {
  if (summary === null) return '—'
  return labelled(summary, ['p50', summary.p99 === null ? 'p90' : 'p99', 'max'])
}

/**
 * The whole distribution in one line: `round trip  min  80 µs  mean  85 µs  p50 …`, without the percentiles that too
 * few values carry.
 */
export function formatSummary(label: string, summary: MicrosSummary): string {
  const names = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max', 'stddev'] as const
  return `${label}  ${labelled(summary, names)}`
}

function labelled(summary: MicrosSummary, names: readonly (keyof MicrosSummary)[]): string {
  return names
    .flatMap((name) => {
      const value = summary[name]
      return value === null ? [] : [`${name} ${formatMicros(value).padStart(7)}`]
    })
    .join('  ')
}

/** Wide enough that the lines of most runs stand below each other. */
function padded(count: number): string {
  return String(count).padStart(5)
}

function threeDigits(value: number): number {
  return Number(value.toPrecision(3))
}
