import type { SurveyResult } from '@sockyard/protocol/results'
import { expect, it } from 'vitest'

import { findingsOf, matricesOf, patternOf } from './matrix.ts'

const PLACES = ['a', 'b', 'c']
const WAYS = PLACES.flatMap((from) =>
  PLACES.filter((to) => to !== from).map((to) => ({ from, to })),
)

function result(change: Partial<SurveyResult>): SurveyResult {
  return {
    from: 'a',
    to: 'b',
    check: 'udp-loss',
    topic: 'udp',
    target: '192.0.2.2:3333',
    verdict: 'ok',
    summary: 'all is well',
    cause: null,
    remedy: null,
    evidence: [],
    reference: null,
    facts: {},
    ...change,
  }
}

it('of several addresses of a place the worst result counts', () => {
  const [matrix] = matricesOf([
    result({}),
    result({ verdict: 'fail' }),
    result({ verdict: 'warn' }),
  ])
  expect(matrix?.cells.get('a')?.get('b')?.verdict).toBe('fail')
  expect(matrix?.counts).toEqual({ ok: 0, warn: 0, fail: 1, skipped: 0 })
})

it.each([
  ['to b', ({ to }: { to: string }) => to === 'b', { kind: 'to', place: 'b' }],
  ['from c', ({ from }: { from: string }) => from === 'c', { kind: 'from', place: 'c' }],
  [
    'from and to a',
    ({ from, to }: { from: string; to: string }) => from === 'a' || to === 'a',
    { kind: 'both', place: 'a' },
  ],
  ['of all', () => true, { kind: 'every' }],
  [
    'of one pair',
    ({ from, to }: { from: string; to: string }) => from === 'a' && to === 'b',
    undefined,
  ],
])('the faulty ways %s have that in common', (_, isFaulty, pattern) => {
  expect(patternOf(WAYS.filter(isFaulty), PLACES)).toEqual(pattern)
})

it('the same fault on several ways is one finding; failures come first', () => {
  const warned = WAYS.map((way) => result({ ...way, check: 'stamp', verdict: 'warn' }))
  const failed = WAYS.filter(({ to }) => to === 'b').map((way) =>
    result({ ...way, verdict: 'fail' }),
  )
  const findings = findingsOf([...warned, ...failed])
  expect(findings.map(({ check, pattern }) => [check, pattern])).toEqual([
    ['udp-loss', { kind: 'to', place: 'b' }],
    ['stamp', { kind: 'every' }],
  ])
})
