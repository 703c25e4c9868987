import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { MicrosHistogram, type MicrosSummary } from './histogram.ts'
import { IntervalHistogram } from './histogram.ts'
import { Jitter } from './one-way-delay.ts'
import { OneWayDelay } from './one-way-delay.ts'

function recorded(values: readonly number[]): MicrosHistogram {
  const histogram = new MicrosHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

function summaryOf(histogram: MicrosHistogram): MicrosSummary {
  const summary = histogram.summary()
  if (summary === null) throw new Error('an empty histogram')
  return summary
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
}

const micros = integer({ min: -10_000_000, max: 100_000_000 }).map((nanos) => nanos / 1_000)

/** The percentiles that a summary of so many values has. */
function known(count: number): string[] {
  const summary = summaryOf(recorded(Array.from({ length: count }, (_, index) => index)))
  return (['p50', 'p90', 'p99', 'p999'] as const).filter((name) => summary[name] !== null)
}

describe('MicrosHistogram', () => {
  it('has no summary when it is empty, nor after a reset', () => {
    const histogram = recorded([1, 2])
    histogram.reset()
    expect(histogram.summary()).toBeNull()
    expect(histogram.count).toBe(0)
    expect(new MicrosHistogram().summary()).toBeNull()
  })

  it('summarises one value as that value', () => {
    const one = { min: 85.25, mean: 85.25, p50: 85.25, max: 85.25 }
    const none = { p90: null, p99: null, p999: null }
    expect(recorded([85.25]).summary()).toEqual({ ...one, ...none, stddev: 0 })
  })

  it('has only the percentiles that its values carry: no p99 of 99 of them', () => {
    expect(known(9)).toEqual(['p50'])
    expect(known(10)).toEqual(['p50', 'p90'])
    expect(known(99)).toEqual(['p50', 'p90'])
    expect(known(100)).toEqual(['p50', 'p90', 'p99'])
    expect(known(999)).toEqual(['p50', 'p90', 'p99'])
    expect(known(1_000)).toEqual(['p50', 'p90', 'p99', 'p999'])
  })

  it('is right to 0.1 % about 1 to 1,000 µs, with negatives among them', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => index - 99)
    const summary = recorded(values).summary()
    expect(summary).toMatchObject({ min: -99, mean: 400.5, max: 900, stddev: 288.675 })
    expect(summary?.p50).toBeCloseTo(400, -0.5)
    expect(summary?.p90).toBeCloseTo(800, -0.5)
    expect(summary?.p999).toBeCloseTo(899, -0.5)
  })

  it('for any values: percentiles within 0.1 % (and a nanosecond) of the exact ones', () => {
    const holds = property(array(micros, { minLength: 1, maxLength: 200 }), (values) => {
      const summary = summaryOf(recorded(values))
      for (const [name, percent] of [
        ['p50', 50],
        ['p90', 90],
        ['p99', 99],
        ['p999', 99.9],
      ] as const) {
        const found = summary[name]
        if (found === null) continue
        const exact = percentile(values, percent)
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) / 1_000 + 0.0011)
      }
      expect(summary.min).toBe(Math.min(...values))
      expect(summary.max).toBe(Math.max(...values))
    })
    assert(holds, { numRuns: 300 })
  })

  it('added together equals all recorded in one', () => {
    const holds = property(array(micros, { minLength: 1 }), array(micros), (first, second) => {
      const together = recorded(first)
      together.add(recorded(second))
      const summary = summaryOf(together)
      const whole = summaryOf(recorded([...first, ...second]))
      expect({ ...summary, mean: 0, stddev: 0 }).toEqual({ ...whole, mean: 0, stddev: 0 })
      expect(summary.mean).toBeCloseTo(whole.mean, 1)
      expect(summary.stddev).toBeCloseTo(whole.stddev, 1)
    })
    assert(holds, { numRuns: 200 })
  })

  it('takes times far off without an error', () => {
    expect(recorded([0, 1e15, -1e15]).summary()).toMatchObject({
      min: -1e15,
      p50: 0.001,
      max: 1e15,
    })
  })
})

describe('IntervalHistogram', () => {
  it('gives each interval its own and the run all', () => {
    const histogram = new IntervalHistogram()
    histogram.record(10)
    expect(histogram.takeInterval()).toMatchObject({ min: 10, max: 10 })
    expect(histogram.takeInterval()).toBeNull()
    histogram.record(30)
    expect(histogram.total()).toMatchObject({ min: 10, mean: 20, max: 30 })
    expect(histogram.takeInterval()).toMatchObject({ min: 30, max: 30 })
    expect(histogram.total()).toMatchObject({ min: 10, mean: 20, max: 30 })
  })
})

describe('Jitter', () => {
  it('follows RFC 3550: a sixteenth of each change of transit time', () => {
    const jitter = new Jitter()
    jitter.record(1_000)
    expect(jitter.micros).toBe(0)
    jitter.record(1_160)
    expect(jitter.micros).toBe(10)
    jitter.record(1_160)
    expect(jitter.micros).toBe(9.375)
  })

  it('does not take a restart of the sender for jitter', () => {
    const jitter = new Jitter()
    jitter.record(1_000)
    jitter.restart()
    jitter.record(9_000_000)
    expect(jitter.micros).toBe(0)
  })
})

describe('OneWayDelay', () => {
  it('keeps delays that are slightly negative', () => {
    const delay = new OneWayDelay()
    delay.record(-0.25)
    delay.record(85)
    expect(delay.total()).toMatchObject({ min: -0.25, max: 85 })
    expect(delay.jitterMicros).toBe(5.328)
  })
})
