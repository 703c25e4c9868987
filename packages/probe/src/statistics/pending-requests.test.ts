import { describe, expect, it } from 'vitest'

import { PendingRequests } from './pending-requests.ts'

describe('the oldest that waits', () => {
  it('is none before the first and after the last, and moves on with answers and losses', () => {
    const pending = new PendingRequests({ timeoutMillis: 100, capacity: 8 })
    expect([pending.oldestWaiting, pending.newest]).toEqual([undefined, undefined])
    for (const sequence of [0, 1, 2, 3]) pending.sent(sequence, sequence)
    expect([pending.oldestWaiting, pending.newest]).toEqual([0, 3])
    pending.reply(1, 10)
    pending.reply(0, 10)
    expect(pending.oldestWaiting).toBe(2)
    pending.failed(2)
    expect(pending.oldestWaiting).toBe(3)
    pending.expire(200)
    expect([pending.oldestWaiting, pending.newest]).toEqual([undefined, 3])
  })

  it('is right when later ones have taken the places of the first, and past 2^32', () => {
    const pending = new PendingRequests({ timeoutMillis: 1_000, capacity: 4 })
    for (let sequence = 0; sequence < 10; sequence++) pending.sent(sequence, 0)
    expect(pending.oldestWaiting).toBe(6)
    for (const sequence of [2 ** 32 - 2, 2 ** 32 - 1, 0, 1]) pending.sent(sequence, 1)
    expect([pending.oldestWaiting, pending.newest]).toEqual([2 ** 32 - 2, 1])
  })

  it('is found among those that are meant, and among no others', () => {
    const pending = new PendingRequests({ timeoutMillis: 100, capacity: 8 })
    for (const sequence of [0, 1, 2, 3]) pending.sent(sequence, 0)
    pending.reply(2, 1)
    expect(pending.findWaiting((sequence) => sequence > 0)).toBe(1)
    expect(pending.findWaiting((sequence) => sequence > 1)).toBe(3)
    expect(pending.findWaiting((sequence) => sequence > 3)).toBeUndefined()
  })
})
