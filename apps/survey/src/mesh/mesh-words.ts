import type { SurveyResult } from '@sockyard/protocol/results'

import type { Pattern } from './matrix.ts'

/** A sign beside each colour: not every reader sees colours, nor every terminal shows them. */
export const SIGNS: Readonly<Record<SurveyResult['verdict'], string>> = {
  ok: '.',
  warn: 'w',
  fail: 'F',
  skipped: '-',
}

/** From where to where the packets went that failed: what is asked for a group sends it to the one that asks. */
export function directionOf(check: string, { from, to }: { from: string; to: string }): string {
  return isMulticast(check) ? `${to} to ${from}` : `${from} to ${to}`
}

/** Of a check whose probes go from the place that is asked to the one that asks. */
export function isMulticast(check: string): boolean {
  return check.startsWith('multicast')
}

/** Such as `every way to 192.0.2.1`. */
export function patternText(check: string, pattern: Pattern): string {
  if (pattern.kind === 'every') return 'every way'
  const { kind, place } = pattern
  if (kind === 'both') return `every way from and to ${place}`
  const opposite = kind === 'from' ? 'to' : 'from'
  return `every way ${isMulticast(check) ? opposite : kind} ${place}`
}

export function waysText(count: number): string {
  return count === 1 ? '1 way' : `${count} ways`
}
