import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { ScrapePace } from './scrape-pace.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

/** Scrapes until it is aborted. @returns how many there were so far */
function scrape(pace: ScrapePace, { signal }: AbortController): () => number {
  let scrapes = 0
  void (async () => {
    while (!signal.aborted) {
      scrapes += 1
      await pace.next(performance.now(), signal)
    }
  })()
  return () => scrapes
}

test('services are asked every 10 s, and every second while the console is in use', async () => {
  let hasStreams = false
  const pace = new ScrapePace(() => hasStreams)
  const stopping = new AbortController()
  const scrapes = scrape(pace, stopping)
  await vi.advanceTimersByTimeAsync(99_000)
  expect(scrapes()).toBe(10)
  hasStreams = true
  pace.looked()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(scrapes()).toBe(10 + 20)
  hasStreams = false
  await vi.advanceTimersByTimeAsync(100_000)
  expect(scrapes()).toBe(10 + 20 + 10)
  stopping.abort()
  await vi.advanceTimersByTimeAsync(100_000)
  expect(scrapes()).toBe(10 + 20 + 10)
})

test('a request brings the next scrape at once, and one each second for 10 s', async () => {
  const pace = new ScrapePace(() => false)
  const stopping = new AbortController()
  const scrapes = scrape(pace, stopping)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(scrapes()).toBe(1)
  pace.looked()
  await vi.advanceTimersByTimeAsync(1)
  expect(scrapes()).toBe(2)
  await vi.advanceTimersByTimeAsync(9_500)
  expect(scrapes()).toBe(11)
  await vi.advanceTimersByTimeAsync(9_500)
  expect(scrapes()).toBe(12)
  stopping.abort()
})
