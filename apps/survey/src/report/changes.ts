import { wayOf } from '../host/run-report.ts'
import type { Run, RunResult } from './run-file.ts'

/** What is not as it was in an earlier run. */
export interface Change {
  check: string
  /** Where to, or from where to where. */
  way: string
  /** `was ok, is fail`, or a figure that moved. */
  text: string
  isWorse: boolean
}

const RANK = { ok: 0, skipped: 1, warn: 2, fail: 3 } as const

/** A figure that is worth a word when it moves: how far, and which way is bad. */
interface Figure {
  name: string
  of: (facts: RunResult['facts']) => number | undefined
  /** The ratio from which it counts as another. */
  ratio: number
  isWorseWhenMore: boolean
}

const FIGURES: readonly Figure[] = [
  {
    name: 'round trip p50, µs',
    of: ({ rttMicros }) => member(rttMicros, 'p50'),
    ratio: 2,
    isWorseWhenMore: true,
  },
  {
    name: 'largest datagram in one packet, B',
    of: ({ largestWholeBytes }) => asNumber(largestWholeBytes),
    ratio: 1,
    isWorseWhenMore: false,
  },
  {
    name: 'path MTU, B',
    of: ({ pathMtuBytes }) => asNumber(pathMtuBytes),
    ratio: 1,
    isWorseWhenMore: false,
  },
]

/** What changed since `before`, check by check; the checks of both are known by their name and way. */
export function changesBetween(before: Run, now: Run): Change[] {
  const earlier = new Map(before.results.map((each) => [keyOf(each), each]))
  const present = new Set(now.results.map(keyOf))
  const changed = now.results.flatMap((each) => changesOf(earlier.get(keyOf(each)), each))
  const gone = before.results
    .filter((each) => !present.has(keyOf(each)))
    .map((each) => change(each, `was ${each.verdict}, is not checked`, false))
  return [...changed, ...gone]
}

function keyOf(result: RunResult): string {
  return `${result.check} ${wayOf(result)}`
}

function changesOf(before: RunResult | undefined, now: RunResult): Change[] {
  if (before === undefined) return [change(now, `is new: ${now.verdict}`, now.verdict === 'fail')]
  if (before.verdict !== now.verdict) {
    const isWorse = RANK[now.verdict] > RANK[before.verdict]
    return [change(now, `was ${before.verdict}, is ${now.verdict}: ${now.summary}`, isWorse)]
  }
  return FIGURES.flatMap((figure) => moved(figure, before, now))
}

function moved(figure: Figure, before: RunResult, now: RunResult): Change[] {
  const [was, is] = [figure.of(before.facts), figure.of(now.facts)]
  if (was === undefined || is === undefined || was === is) return []
  const ratio = Math.max(was, is) / Math.max(1, Math.min(was, is))
  if (ratio < figure.ratio) return []
  return [change(now, `${figure.name}: was ${was}, is ${is}`, is > was === figure.isWorseWhenMore)]
}

function change(result: RunResult, text: string, isWorse: boolean): Change {
  return { check: result.check, way: wayOf(result), text, isWorse }
}

function member(value: unknown, name: string): number | undefined {
  const isObject = typeof value === 'object' && value !== null
  return isObject ? asNumber((value as Readonly<Record<string, unknown>>)[name]) : undefined
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
