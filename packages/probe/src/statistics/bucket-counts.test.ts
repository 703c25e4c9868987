import { expect, it } from 'vitest'

import { BucketCounts } from './bucket-counts.ts'

it('counts each value in the bucket of 1, 2 and 5 that it lies in, without the empty ends', () => {
  const counts = new BucketCounts()
  expect(counts.buckets()).toEqual([])
  for (const micros of [4.999, 5, 5, 49.9]) counts.record(micros)
  expect(counts.buckets()).toEqual([
    { fromMicros: 2, toMicros: 5, count: 1 },
    { fromMicros: 5, toMicros: 10, count: 2 },
    { fromMicros: 10, toMicros: 20, count: 0 },
    { fromMicros: 20, toMicros: 50, count: 1 },
  ])
})

it('takes what is shorter and longer than any bound', () => {
  const counts = new BucketCounts()
  counts.record(0)
  counts.record(3.6e9)
  const buckets = counts.buckets()
  expect(buckets.at(0)).toEqual({ fromMicros: 0, toMicros: 1, count: 1 })
  expect(buckets.at(-1)).toEqual({ fromMicros: 50_000_000, toMicros: null, count: 1 })
})
