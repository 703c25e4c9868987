import { describe, expect, it } from 'vitest'

import { Backoff } from './backoff.ts'

const next = (backoff: Backoff, times: number): number[] =>
  Array.from({ length: times }, () => backoff.next())

describe('connecting again', () => {
  it('waits twice as long each time, 5 s at most', () => {
    expect(next(new Backoff(), 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  })

  it('is quick again after a connection that lasted', () => {
    const backoff = new Backoff()
    next(backoff, 8)
    backoff.lasted(60_000)
    expect(backoff.next()).toBe(100)
  })

  it('stays slow with a peer that closes every connection at once', () => {
    const backoff = new Backoff()
    next(backoff, 8)
    backoff.lasted(10)
    expect(backoff.next()).toBe(5000)
  })
})
