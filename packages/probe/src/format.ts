import type { MicrosSummary } from './histogram.ts'

/** A duration in the unit that reads best, three digits: `85 µs`, `1.2 ms`, `-340 ns`, `2.05 s`. */
export function formatMicros(micros: number): string {
  const size = Math.abs(micros)
  if (size < 0.9995) return `${threeDigits(micros * 1_000)} ns`
  if (size < 999.5) return `${threeDigits(micros)} µs`
  if (size < 999_500) return `${threeDigits(micros / 1_000)} ms`
  return `${threeDigits(micros / 1_000_000)} s`
}

/** Bits a second with decimal units, as networks are rated: `9.41 Gbit/s`. */
export function formatBitRate(bitsPerSecond: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']
  let rate = bitsPerSecond
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

/** The statistics that every summary ends with, aligned below each other when printed twice. */
export function formatSummary(label: string, summary: MicrosSummary): string {
  const names = ['min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max', 'stddev'] as const
  return [label, ...names.map((name) => `${name} ${formatMicros(summary[name]).padStart(7)}`)].join(
    '  ',
  )
}

function threeDigits(value: number): number {
  return Number(value.toPrecision(3))
}
