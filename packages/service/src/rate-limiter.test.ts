import { spawnSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import { createRateLimiter, NTP_RATE } from './rate-limiter.ts'

function clock(): { nowMillis: () => number; pass: (millis: number) => void } {
  let now = 0
  return { nowMillis: () => now, pass: (millis) => (now += millis) }
}

describe('a rate limiter', () => {
  it('lets a burst through, then as many a second as allowed', () => {
    const { nowMillis, pass } = clock()
    const limiter = createRateLimiter({ perSecond: 10, burst: 3, nowMillis })
    const take = (times: number): number =>
      Array.from({ length: times }, () => limiter.take('a')).filter((each) => each === 'within')
        .length
    expect(take(5)).toBe(3)
    pass(100)
    expect(take(5)).toBe(1)
    pass(60_000)
    expect(take(5)).toBe(3)
  })

  it('keeps sources apart', () => {
    const limiter = createRateLimiter({ perSecond: 1, nowMillis: () => 0 })
    expect(limiter.take('a')).toBe('within')
    expect(limiter.take('a')).toBe('limited')
    expect(limiter.take('b')).toBe('within')
  })

  it('for NTP answers 8, then one each 8 s, and about 1 in 4 of the rest', () => {
    const { nowMillis, pass } = clock()
    let turn = 0
    const random = (): number => ((turn += 1) % 100) / 100
    const limiter = createRateLimiter({ ...NTP_RATE, nowMillis, random })
    const verdicts = Array.from({ length: 408 }, () => limiter.take('forged'))
    expect(verdicts.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'within'))
    expect(verdicts.filter((each) => each === 'leaked')).toHaveLength(100)
    pass(8_000)
    expect(limiter.take('forged')).toBe('within')
  })

  it('forgets the least recent source first', () => {
    const limiter = createRateLimiter({ perSecond: 1, maximumSources: 2, nowMillis: () => 0 })
    for (const source of ['a', 'b', 'a', 'c']) limiter.take(source)
    expect(limiter.sources).toBe(2)
    expect(limiter.take('a')).toBe('limited')
    expect(limiter.take('b')).toBe('within')
  })

  it('without a limit remembers nobody', () => {
    const limiter = createRateLimiter({ perSecond: 0 })
    expect(limiter.take('a')).toBe('within')
    expect(limiter.sources).toBe(0)
  })

  it('grows by less than 20 MB under 100,000 forged sources', () => {
    const module = new URL('rate-limiter.ts', import.meta.url).href
    const program = `
      const { createRateLimiter } = await import('${module}')
      const limiter = createRateLimiter({ perSecond: 1000 })
      limiter.take('warm')
      gc()
      const before = process.memoryUsage().heapUsed
      for (let i = 0; i < 100_000; i += 1) limiter.take('10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255))
      gc()
      console.log(JSON.stringify({ grown: process.memoryUsage().heapUsed - before, sources: limiter.sources }))`
    const child = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program])
    const { grown, sources } = JSON.parse(child.stdout.toString()) as Record<string, number>
    expect(sources).toBe(10_000)
    expect(grown).toBeLessThan(20e6)
  })
})
