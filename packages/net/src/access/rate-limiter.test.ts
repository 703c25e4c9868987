import { spawnSync } from 'node:child_process'

import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { received } from '../../testing/received.ts'
import { clientPrefix } from '../address/addresses.ts'
import { RateLimiter, NTP_RATE } from './rate-limiter.ts'

function clock(): { nowMillis: () => number; pass: (millis: number) => void } {
  let now = 0
  return { nowMillis: () => now, pass: (millis) => (now += millis) }
}

describe('a rate limiter', () => {
  it('lets a burst through, then as many a second as allowed', () => {
    const { nowMillis, pass } = clock()
    const limiter = new RateLimiter({ perSecond: 10, burst: 3, nowMillis })
    const take = (times: number): number =>
      Array.from({ length: times }, () => limiter.take('192.0.2.1')).filter(
        (each) => each === 'within',
      ).length
    expect(take(5)).toBe(3)
    pass(100)
    expect(take(5)).toBe(1)
    pass(60_000)
    expect(take(5)).toBe(3)
  })

  it('keeps sources apart', () => {
    const limiter = new RateLimiter({ perSecond: 1, nowMillis: () => 0 })
    expect(limiter.take('192.0.2.1')).toBe('within')
    expect(limiter.take('192.0.2.1')).toBe('limited')
    expect(limiter.take('192.0.2.2')).toBe('within')
  })

  it('for NTP answers 8, then one each 8 s, and about 1 in 4 of the rest', () => {
    const { nowMillis, pass } = clock()
    let turn = 0
    const random = (): number => ((turn += 1) % 100) / 100
    const limiter = new RateLimiter({ ...NTP_RATE, nowMillis, random })
    const verdicts = Array.from({ length: 408 }, () => limiter.take('192.0.2.9'))
    expect(verdicts.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'within'))
    expect(verdicts.filter((each) => each === 'leaked')).toHaveLength(100)
    pass(8_000)
    expect(limiter.take('192.0.2.9')).toBe('within')
  })

  it('forgets the least recent source first', () => {
    const limiter = new RateLimiter({ perSecond: 1, maximumSources: 2, nowMillis: () => 0 })
    for (const last of [1, 2, 1, 3]) limiter.take(`192.0.2.${last}`)
    expect(limiter.sources).toBe(2)
    expect(limiter.take('192.0.2.1')).toBe('limited')
    expect(limiter.take('192.0.2.2')).toBe('within')
  })

  it('without a limit tracks no source', () => {
    const limiter = new RateLimiter({ perSecond: 0 })
    expect(limiter.take('192.0.2.1')).toBe('within')
    expect(limiter.sources).toBe(0)
  })

  it('grows by less than 20 MB under 100,000 forged sources', () => {
    const module = new URL('rate-limiter.ts', import.meta.url).href
    const program = `
      const { RateLimiter } = await import('${module}')
      const limiter = new RateLimiter({ perSecond: 1000 })
      const memory = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
      limiter.take('192.0.2.1')
      gc()
      const before = memory()
      for (let i = 0; i < 100_000; i += 1) limiter.take('10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255))
      gc()
      console.log(JSON.stringify({ grown: memory() - before, sources: limiter.sources }))`
    const child = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program])
    const { grown, sources } = JSON.parse(child.stdout.toString()) as Record<string, number>
    expect(sources).toBe(10_000)
    expect(grown).toBeLessThan(20e6)
  })
})

const SOURCES = (
  '192.0.2.1 192.0.2.2 10.0.0.1 10.0.0.2 10.0.0.3 2001:db8::1 2001:db8::2 2001:db8:0:1::1 ' +
  'fe80::1 fe80::2 ::1'
).split(' ')

/** The same in the plainest form: a Map keeps the order of insertion, its first key is the least recent one. */
function modelOf(perSecond: number, maximumSources: number) {
  const buckets = new Map<string, { tokens: number; filledAt: number }>()
  return {
    buckets,
    take(source: string, now: number): 'within' | 'limited' {
      const key = clientPrefix(source)
      const bucket = buckets.get(key) ?? { tokens: perSecond, filledAt: now }
      buckets.delete(key)
      buckets.set(key, bucket)
      const earned = ((now - bucket.filledAt) / 1_000) * perSecond
      bucket.tokens = Math.min(perSecond, bucket.tokens + earned)
      bucket.filledAt = now
      const [oldest = ''] = buckets.keys()
      if (buckets.size > maximumSources) buckets.delete(oldest)
      if (bucket.tokens < 1) return 'limited'
      bucket.tokens -= 1
      return 'within'
    },
  }
}

describe('its bounded table', () => {
  it('gives each source its rate, in any order, also after some are dropped', () => {
    const step = record({ source: constantFrom(...SOURCES), millis: integer({ min: 0, max: 900 }) })
    assert(
      property(array(step, { maxLength: 200 }), integer({ min: 1, max: 6 }), (steps, sources) => {
        let now = 0
        const options = { perSecond: 2, maximumSources: sources, nowMillis: () => now }
        const model = modelOf(2, sources)
        const datagrams = new RateLimiter(options)
        const texts = new RateLimiter(options)
        for (const { source, millis } of steps) {
          now += millis
          const expected = model.take(source, now)
          expect(datagrams.takeSource(received({ address: source }), 0, now)).toBe(expected)
          expect(texts.take(source)).toBe(expected)
        }
        expect(datagrams.sources).toBe(model.buckets.size)
      }),
    )
  })

  it('counts a link-local source on each link for itself', () => {
    const limiter = new RateLimiter({ perSecond: 1 })
    const from = (scope: number) =>
      limiter.takeSource(received({ address: 'fe80::1', scope }), 0, 0)
    expect([from(2), from(3), from(2)]).toEqual(['within', 'within', 'limited'])
    expect(limiter.take('fe80::1%4')).toBe('within')
  })

  it('remembers so many sources and no more', () => {
    const limiter = new RateLimiter({ perSecond: 1, maximumSources: 1_000, nowMillis: () => 0 })
    for (let number = 0; number < 20_000; number += 1)
      expect(limiter.take(`10.0.${number >> 8}.${number & 255}`)).toBe('within')
    expect(limiter.sources).toBe(1_000)
    expect(limiter.take('10.0.78.31')).toBe('limited')
  })
})

/** Answers of one second: requests of `known` sources, new ones and one that floods, all mixed. */
function answers(counts: { known: number; fresh: number; flood: number }) {
  const { nowMillis, pass } = clock()
  const limiter = new RateLimiter({
    perSecond: 1,
    burst: 1_000,
    leakOneIn: 4,
    totalPerSecond: 1_000,
    nowMillis,
  })
  for (let token = 0; token < 1_000; token += 1) limiter.take('192.0.2.66')
  limiter.take('192.0.2.1')
  pass(1_000)
  const answered = { known: 0, fresh: 0, flood: 0 }
  const take = (who: keyof typeof answered, address: string): void => {
    const verdict = limiter.take(address)
    if (verdict === 'within' || verdict === 'leaked') answered[who] += 1
  }
  for (let millis = 0; millis < 1_000; millis += 1) {
    pass(1)
    for (let each = 0; each < counts.flood; each += 1) take('flood', '192.0.2.66')
    for (let each = 0; each < counts.known; each += 1) take('known', '192.0.2.1')
    for (let each = 0; each < counts.fresh; each += 1)
      take('fresh', `10.${each}.${millis >> 8}.${millis & 255}`)
  }
  return answered
}

describe('a limit of all sources together', () => {
  it('lets little through of what is over the rate of a source', () => {
    expect(answers({ known: 0, fresh: 1, flood: 10 }).flood).toBeLessThanOrEqual(101)
  })

  it('keeps a share for sources not seen before, and one for those that were', () => {
    const { known, fresh, flood } = answers({ known: 1, fresh: 20, flood: 10 })
    expect(known).toBeGreaterThan(450)
    expect(fresh).toBeGreaterThan(450)
    expect(known + fresh + flood).toBeLessThanOrEqual(2_001)
  })
})
