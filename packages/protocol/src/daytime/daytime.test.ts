import { assert, bigInt, integer, property } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { calendarDay, daysSince1970 } from './daytime.ts'
import { formatDaytime, LONGEST_DAYTIME_BYTES, parseDaytime } from './index.ts'

test('the calendar is that of the rest of the world', () => {
  assert(
    property(integer({ min: -100_000, max: 3_000_000 }), (days) => {
      const date = new Date(days * 86_400_000)
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
      expect(calendarDay(days)).toEqual({ year, month, day })
      expect(daysSince1970(calendarDay(days))).toBe(days)
    }),
  )
})

const read = (text: string): unknown => {
  const result = parseDaytime(Buffer.from(text))
  if (!result.ok) return result.error.field
  const { nanos } = result.value
  return nanos === null ? null : new Date(Number(nanos / 1_000_000n)).toISOString()
}

test('the form is the first that RFC 867 recommends, in UTC', () => {
  const nanos = BigInt(Date.parse('1982-02-22T17:37:43.900Z')) * 1_000_000n
  expect(formatDaytime(nanos)).toBe('Monday, February 22, 1982 17:37:43-UTC\r\n')
})

test('every moment fits, and comes back as its whole second', () => {
  const seconds = bigInt({ min: 0n, max: 253_402_300_799n })
  assert(
    property(seconds, (at) => {
      const text = formatDaytime(at * 1_000_000_000n + 999_999_999n)
      expect(text.length).toBeLessThanOrEqual(LONGEST_DAYTIME_BYTES)
      const result = parseDaytime(Buffer.from(text))
      expect(result).toEqual({ ok: true, value: { text: text.trim(), nanos: at * 1_000_000_000n } })
    }),
  )
})

test.each([
  ['Friday, November 20, 2026 16:06:39-UTC\r\n', '2026-11-20T16:06:39.000Z'],
  ['20 NOV 2026 16:06:39 UTC\r\n', '2026-11-20T16:06:39.000Z'],
  ['20 NOV 26 16:06:39 GMT\n', '2026-11-20T16:06:39.000Z'],
  ['Fri, 20 Nov 2026 18:06:39 +0200', '2026-11-20T16:06:39.000Z'],
  ['Fri Nov 20 16:06:39 UTC 2026\r\n', '2026-11-20T16:06:39.000Z'],
  ['Fri Nov 20 16:06:39 2026\r\n', null],
  ['Thu Nov  5 16:06:39 2026\r\n', null],
  ['Tuesday, February 22, 1982 17:37:43-PST\r\n', null],
  ['half past four', 'line'],
  ['\u001b[31mFri Nov 20 16:06:39 2026', 'line'],
  ['', 'line'],
])('%j means %s', (text, meaning) => {
  expect(read(text)).toBe(meaning)
})

test(
  'any bytes give an answer or a typed error',
  () => {
    const seeds = ['Friday, November 20, 2026 16:06:39-UTC\r\n', 'Fri Nov 20 16:06:39 2026\r\n']
    const bytes = seeds.map((seed) => Buffer.from(seed))
    expect(feedMutated(bytes, 1e6, parseDaytime)).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)
