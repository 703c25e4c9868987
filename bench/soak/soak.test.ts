import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { minuteLabels, type SoakResults, verdictLines } from './report.ts'
import { metricValue, type Sample } from './sample.ts'
import { judge, type ServiceRecord, slope, summarize } from './summary.ts'

const sample = (changes: Partial<Sample> = {}): Sample => ({
  seconds: 0,
  heapBytes: 10e6,
  residentBytes: 80e6,
  descriptors: 30,
  threads: 12,
  loopP99Millis: 1,
  loopMaxMillis: 2,
  cpuSeconds: 0,
  ...changes,
})

const record = (changes: Partial<ServiceRecord> = {}): ServiceRecord => ({
  app: 'tcp-echo',
  before: sample(),
  samples: [0, 600, 1200, 1800].map((seconds) => sample({ seconds })),
  after: sample(),
  exit: { code: 0, signal: null },
  stopMillis: 100,
  levels: {},
  complaints: [],
  errorOutput: [],
  ...changes,
})

const broken = (changes: Partial<ServiceRecord>): string[] =>
  judge([summarize(record(changes), 600)], {})
    .filter(({ kept }) => kept === false)
    .map(({ limit }) => limit)

const growingFor = (...minutes: number[]): Partial<ServiceRecord> => ({
  samples: minutes.map((minute) => sample({ seconds: minute * 60, heapBytes: minute * 1e6 })),
})

const heapVerdictOf = (changes: Partial<ServiceRecord>) =>
  judge([summarize(record(changes), 600)], {}).find(({ limit }) => limit.includes('heap'))

test('the slope is that of the line through the points, and two points are no trend', () => {
  const points = [0, 1, 2, 3].map((x): [number, number] => [x, 5 + 3 * x])
  expect(slope(points)).toBeCloseTo(3)
  expect(slope(points.slice(0, 2))).toBeNull()
  expect(slope([4, 4, 4].map((x): [number, number] => [x, 1]))).toBeNull()
})

test('a heap that grows after the warm-up breaks the limit, one that grew before does not', () => {
  const growing = [0, 1800, 3600, 7200].map((seconds) =>
    sample({ seconds, heapBytes: 10e6 + seconds * 600 }),
  )
  const warm = [0, 600, 3600, 7200].map((seconds) =>
    sample({ seconds, heapBytes: seconds === 0 ? 5e6 : 20e6 }),
  )
  expect(broken({ samples: growing })).toEqual([expect.stringContaining('heap')])
  expect(broken({ samples: warm })).toEqual([])
})

test('a slope is judged after the warm-up and as long again, not drawn out of minutes', () => {
  const short = heapVerdictOf(growingFor(0, 3, 6, 9))
  expect(short).toMatchObject({ kept: null, figures: expect.stringContaining('20 minutes') })
  expect(verdictLines(short === undefined ? [] : [short])).toMatch(/^- not judged: heap/)
  expect(heapVerdictOf(growingFor(0, 5, 10, 11, 12))).toMatchObject({ kept: null })
  expect(heapVerdictOf(growingFor(0, 5, 10, 15, 20))).toMatchObject({ kept: false })
})

test('what is left open, an error, a slow stop and an exit code each break their limit', () => {
  expect(broken({ after: sample({ descriptors: 31 }) })).toEqual(['descriptors are back'])
  expect(broken({ levels: { error: 1 } })).toEqual([expect.stringContaining('no errors')])
  expect(broken({ errorOutput: ['TypeError: no'] })).toEqual([expect.stringContaining('no errors')])
  expect(broken({ stopMillis: 7000 })).toEqual([expect.stringContaining('SIGTERM')])
  expect(broken({ exit: { code: null, signal: 'SIGSEGV' } })).toEqual(['exit code 0'])
})

test('one lost message is told with its traffic', () => {
  const counts = { sent: 9, received: 8, lost: 1, duplicated: 0, reordered: 0, malformed: 0 }
  const [verdict] = judge([], { chat: { counts, failures: 0, messages: [] } }).slice(-1)
  expect(verdict).toMatchObject({ kept: false, figures: expect.stringContaining('chat: 1 lost') })
})

test('a metric is summed over its labels', () => {
  const text = '# HELP a\na{group="x"} 2\na{group="y"} 3\nab 7\n'
  expect(metricValue(text, 'a')).toBe(5)
  expect(metricValue(text, 'b')).toBeNaN()
})

test('a chart of an hour has few labels', () => {
  const labels = minuteLabels(Array.from({ length: 60 }, (_, index) => ({ seconds: 60 * index })))
  expect(labels.filter((label) => label !== '')).toEqual([
    '0',
    '8',
    '16',
    '24',
    '32',
    '40',
    '48',
    '56',
  ])
})

test(
  'a short soak starts the yard, measures it, and leaves nothing behind',
  { timeout: 600_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sockyard-soak-test-'))
    try {
      const words = ['bench/soak/main.ts', '--minutes', '0.1', '--out', folder]
      const cwd = join(import.meta.dirname, '../..')
      // Whether the limits are kept in six seconds on a busy machine is not the question.
      await promisify(execFile)(process.execPath, words, { cwd }).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error
      })
      const results: SoakResults = JSON.parse(
        await readFile(join(folder, 'soak/results.json'), 'utf8'),
      )
      expect(results.services.map(({ app, exit }) => [app, exit.code])).toEqual(
        results.services.map(({ app }) => [app, 0]),
      )
      expect(results.services).toHaveLength(10)
      expect(results.traffic['tcp churn']?.counts.received).toBeGreaterThan(0)
      expect(results.traffic['multicast']?.counts.received).toBeGreaterThan(0)
      expect(await readFile(join(folder, 'soak/heap.svg'), 'utf8')).toContain('<polyline')
      expect(await readFile(join(folder, 'soak.md'), 'utf8')).toContain('| tcp-echo')
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
