import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runApp } from '@sockyard/testkit/process'
import { afterAll, describe, expect, it } from 'vitest'

import { changesBetween } from './changes.ts'
import { htmlReport } from './html-report.ts'
import { parseRun, type Run, RunFileError, type RunResult } from './run-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'survey-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const RESULT: RunResult = {
  from: null,
  to: null,
  check: 'udp-loss',
  topic: 'udp',
  target: '192.0.2.1:3333',
  verdict: 'ok',
  summary: '100 of 100 datagrams come back, in order',
  evidence: ['lost 0 %'],
  cause: null,
  remedy: null,
  reference: null,
  facts: { lossInterval: [0, 0.037], rttMicros: { min: 100, p50: 200, p90: 300, max: 900 } },
}
const FAILED: RunResult = {
  ...RESULT,
  check: 'tcp-idle',
  verdict: 'fail',
  summary: 'is dropped silently',
  reference: 'RFC 5382, REQ-5',
  facts: { rungs: [{ idleMillis: 30_000, outcome: 'silent', keepaliveOutcome: 'whole' }] },
}

const at = '2026-11-27T12:00:00.000000Z'
const START = {
  event: 'start',
  at,
  data: { profile: 'quick', hosts: ['192.0.2.1'], waitMillis: 1 },
}
const END = {
  event: 'end',
  at,
  data: { checks: 1, warned: 0, failed: 0, skipped: 0, interrupted: false },
}
const lineOf = (each: object): string => `${JSON.stringify(each)}\n`
const sample = (data: RunResult): object => ({ event: 'sample', at, data })
const fileOf = (...results: RunResult[]): string =>
  [START, ...results.map(sample), END].map(lineOf).join('')
const runOf = (...results: RunResult[]): Run => parseRun(fileOf(...results), 'run.jsonl')

describe('the file of a run', () => {
  it('of a run that was killed has all that was found before', () => {
    const torn = parseRun(lineOf(START) + lineOf(sample(RESULT)) + '{"event":"sam', 'run.jsonl')
    expect(torn).toMatchObject({ isWhole: false, results: [RESULT] })
    expect(runOf(RESULT).isWhole).toBe(true)
  })

  it.each([
    ['', 1],
    ['not json\n', 1],
    [lineOf(sample(RESULT)), 1],
    [`${lineOf(START)}not json\n${lineOf(END)}`, 2],
  ])('%j: line %d is none of it', (content, line) => {
    const parse = (): Run => parseRun(content, 'run.jsonl')
    expect(parse).toThrow(RunFileError)
    expect(parse).toThrow(`run.jsonl:${line}: `)
  })
})

describe('what changed since an earlier run', () => {
  const facts = { ...RESULT.facts, rttMicros: { p50: 500 } }

  it.each<[string, RunResult[], RunResult[], string[]]>([
    ['nothing', [RESULT], [RESULT], []],
    ['a verdict', [RESULT], [{ ...RESULT, verdict: 'fail' }], ['worse: was ok, is fail: ']],
    ['for the better', [{ ...RESULT, verdict: 'fail' }], [RESULT], ['was fail, is ok: ']],
    ['a check that is new', [], [RESULT], ['is new: ok']],
    ['one that is gone', [RESULT], [], ['was ok, is not checked']],
    ['round trips', [RESULT], [{ ...RESULT, facts }], ['worse: round trip p50, µs: was 200']],
  ])('%s', (_name, before, now, expected) => {
    const changes = changesBetween(runOf(...before), runOf(...now))
    const told = changes.map(({ isWorse, text }) => (isWorse ? `worse: ${text}` : text))
    expect(told).toEqual(expected.map((each) => expect.stringContaining(each)))
  })
})

/** Every ordered pair, by each check. */
function meshOf(
  places: readonly string[],
  checks: readonly string[],
  verdictOf: (way: { from: string; to: string }) => RunResult['verdict'],
): RunResult[] {
  const results: RunResult[] = []
  for (const from of places)
    for (const to of places)
      for (const check of checks)
        if (from !== to)
          results.push({ ...RESULT, from, to, check, verdict: verdictOf({ from, to }) })
  return results
}

describe('a report as HTML', () => {
  it('loads nothing, runs nothing, and shows hostile text as text', () => {
    const hostile = '<script>alert(1)</script>\u202e"><img src=x onerror=alert(1)>'
    const page = htmlReport(
      runOf({ ...RESULT, target: hostile, summary: hostile, evidence: [hostile] }),
    )
    expect(page).not.toMatch(/<script|<img|<link|@import|url\(|\u202e/)
    expect(page).toContain('&lt;script&gt;')
  })

  it('has the ladder, the interval and the percentiles, and says when a run was cut off', () => {
    const page = htmlReport({ ...runOf(RESULT, FAILED), isWhole: false })
    expect(page).toContain('loss between 0.0 and 3.7 %, with 95 % confidence')
    expect(page).toContain('round trip: min 100 µs, p50 200 µs, p90 300 µs, max 900 µs')
    expect(page).toContain('<th scope="row">30 s</th>')
    expect(page).toContain('href="https://www.rfc-editor.org/rfc/rfc5382"')
    expect(page).toContain('did not come to its end')
  })

  it('of a mesh has a matrix for each check, and each fault once with its ways', () => {
    const results = meshOf(['a', 'b', 'c'], ['udp-loss'], ({ to }) => (to === 'b' ? 'fail' : 'ok'))
    const page = htmlReport({ ...runOf(...results), hosts: ['a', 'b', 'c'] })
    expect(page).toContain('udp-loss: 2 failed, 0 warned, 4 ok, 0 skipped')
    expect(page).toContain('<small>every way to b</small>')
    expect(page.match(/<article/g)).toHaveLength(1)
    expect(page.match(/<td class="fail">F<\/td>/g)).toHaveLength(2)
  })

  it('of a mesh of 32 places is small', () => {
    const places = Array.from({ length: 32 }, (_, index) => `192.0.2.${index}`)
    const results = meshOf(places, ['a', 'b', 'c', 'd', 'e', 'f', 'g'], () => 'ok')
    expect(htmlReport({ ...runOf(...results), hosts: places }).length).toBeLessThan(300_000)
  })

  it('is small, with 100 results too', () => {
    const results = Array.from({ length: 100 }, (_, index) => ({ ...RESULT, check: `c${index}` }))
    expect(htmlReport(runOf(...results)).length).toBeLessThan(300_000)
  })
})

it('survey report writes what is asked for, and its exit code is the verdict', async () => {
  const [run, before] = [join(folder, 'run.jsonl'), join(folder, 'before.jsonl')]
  writeFileSync(run, fileOf({ ...RESULT, verdict: 'warn' }))
  writeFileSync(before, fileOf(RESULT))
  const [page, junit] = [join(folder, 'run.html'), join(folder, 'run.xml')]
  const written = ['--html', page, '--junit', junit, '--baseline', before]
  const asked = await runApp('survey', ['report', run, ...written])
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  expect(asked.stdout).toContain('WORSE    udp-loss         192.0.2.1:3333  was ok, is warn')
  expect(readFileSync(page, 'utf8')).toContain('Changes since the earlier run')
  expect(readFileSync(junit, 'utf8')).toContain('<testcase classname="survey.udp-loss"')
  expect(await runApp('survey', ['report', run, '--fail-on', 'warn'])).toMatchObject({ code: 1 })
})

it.each([
  [[], 'missing argument FILE'],
  [['/nonexistent'], 'cannot be read (ENOENT)'],
  [['/etc/hostname'], '/etc/hostname:1: is no line of a survey'],
])('survey report %j says what is wrong, in one line', async (args, message) => {
  const { code, stderr } = await runApp('survey', ['report', ...args])
  expect(code).toBe(2)
  expect(stderr).toContain(message)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
