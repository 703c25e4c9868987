import { describe, expect, it } from 'vitest'

import { Outstanding } from './outstanding.ts'

describe('the oldest that waits', () => {
  it('is none before the first and after the last, and moves on with answers and losses', () => {
    const outstanding = new Outstanding({ timeoutMillis: 100, capacity: 8 })
    expect([outstanding.oldestWaiting, outstanding.newest]).toEqual([undefined, undefined])
    for (const sequence of [0, 1, 2, 3]) outstanding.sent(sequence, sequence)
    expect([outstanding.oldestWaiting, outstanding.newest]).toEqual([0, 3])
    outstanding.reply(1, 10)
    outstanding.reply(0, 10)
    expect(outstanding.oldestWaiting).toBe(2)
    outstanding.failed(2)
    expect(outstanding.oldestWaiting).toBe(3)
    outstanding.expire(200)
    expect([outstanding.oldestWaiting, outstanding.newest]).toEqual([undefined, 3])
  })

  it('is right when later ones have taken the places of the first, and past 2^32', () => {
    const outstanding = new Outstanding({ timeoutMillis: 1_000, capacity: 4 })
    for (let sequence = 0; sequence < 10; sequence++) outstanding.sent(sequence, 0)
    expect(outstanding.oldestWaiting).toBe(6)
    for (const sequence of [2 ** 32 - 2, 2 ** 32 - 1, 0, 1]) outstanding.sent(sequence, 1)
    expect([outstanding.oldestWaiting, outstanding.newest]).toEqual([2 ** 32 - 2, 1])
  })
})
