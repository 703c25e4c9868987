import type { SurveyResult } from '@sockyard/protocol/results'

/** What one check came to between all places. */
export interface Matrix {
  check: string
  /** By place that asked, then by place that was asked; undefined: not asked, or the same place. */
  cells: ReadonlyMap<string, ReadonlyMap<string, SurveyResult>>
  counts: Readonly<Record<SurveyResult['verdict'], number>>
}

const RANK = { ok: 0, skipped: 1, warn: 2, fail: 3 } as const

/**
 * The results of a mesh by check, in the order in which they first came. Of several addresses of a place the worst
 * result counts.
 */
export function matricesOf(results: readonly SurveyResult[]): Matrix[] {
  const pairs = results.filter(({ from, to }) => from !== null && to !== null)
  const checks = [...new Set(pairs.map(({ check }) => check))]
  return checks.map((check) =>
    matrixOf(
      check,
      pairs.filter((each) => each.check === check),
    ),
  )
}

function matrixOf(check: string, results: readonly SurveyResult[]): Matrix {
  const cells = new Map<string, Map<string, SurveyResult>>()
  for (const each of results) {
    const row = cells.get(each.from ?? '') ?? new Map<string, SurveyResult>()
    cells.set(each.from ?? '', row)
    const before = row.get(each.to ?? '')
    if (before === undefined || RANK[each.verdict] > RANK[before.verdict])
      row.set(each.to ?? '', each)
  }
  const counts = { ok: 0, warn: 0, fail: 0, skipped: 0 }
  for (const row of cells.values()) for (const { verdict } of row.values()) counts[verdict] += 1
  return { check, cells, counts }
}

/** The same fault on several ways. */
export interface Finding {
  check: string
  verdict: 'warn' | 'fail'
  cause: string | null
  remedy: string | null
  reference: string | null
  /** Of the first way. */
  evidence: readonly string[]
  summary: string
  ways: { from: string; to: string }[]
  pattern: Pattern | undefined
}

/** Faults with one check, verdict and cause are one finding; the most frequent first, failures before warnings. */
export function findingsOf(results: readonly SurveyResult[]): Finding[] {
  const pairs = results.filter(({ from, to }) => from !== null && to !== null)
  const places = [...new Set(pairs.flatMap(({ from, to }) => [from ?? '', to ?? '']))]
  const faults = pairs.filter(isFault)
  const groups = Map.groupBy(faults, ({ check, verdict, cause }) =>
    JSON.stringify([check, verdict, cause]),
  )
  return [...groups.values()]
    .flatMap(([first, ...more]) => (first === undefined ? [] : [findingOf(first, more, places)]))
    .toSorted(
      (one, other) =>
        RANK[other.verdict] - RANK[one.verdict] || other.ways.length - one.ways.length,
    )
}

type Fault = SurveyResult & { verdict: 'warn' | 'fail' }

function isFault(result: SurveyResult): result is Fault {
  return result.verdict === 'fail' || result.verdict === 'warn'
}

function findingOf(first: Fault, more: readonly Fault[], places: readonly string[]): Finding {
  const named = [first, ...more].map(({ from, to }) => ({ from: from ?? '', to: to ?? '' }))
  const ways = [...new Map(named.map((way) => [`${way.from}\n${way.to}`, way])).values()]
  const { check, verdict, cause, remedy, reference, evidence, summary } = first
  const pattern = patternOf(ways, places)
  return { check, verdict, cause, remedy, reference, evidence, summary, ways, pattern }
}

/** Where the fault is likely to be: at the one place that all of the faulty ways, and no others, begin or end at. */
export type Pattern = { kind: 'every' } | { kind: 'from' | 'to' | 'both'; place: string }

/** @returns undefined when the ways have nothing in common, or there are too few places to tell */
export function patternOf(ways: Finding['ways'], places: readonly string[]): Pattern | undefined {
  const others = places.length - 1
  if (ways.length === places.length * others) return { kind: 'every' }
  if (others < 2) return undefined
  for (const place of places) {
    const isAll = (holds: (way: { from: string; to: string }) => boolean): boolean =>
      ways.every(holds)
    if (ways.length === others && isAll((way) => way.to === place)) return { kind: 'to', place }
    if (ways.length === others && isAll((way) => way.from === place)) return { kind: 'from', place }
    const touches = isAll((way) => way.to === place || way.from === place)
    if (ways.length === 2 * others && touches) return { kind: 'both', place }
  }
  return undefined
}
