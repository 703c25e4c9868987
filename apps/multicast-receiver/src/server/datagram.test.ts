import { assert, bigInt, property } from 'fast-check'
import { expect, it } from 'vitest'

import { oneWayMicros } from './datagram.ts'

/** Until the year 2100. */
const moments = bigInt({ min: 0n, max: 4_102_444_800_000_000_000n })
/** An hour before and after. */
const delays = bigInt({ min: -3_600_000_000_000n, max: 3_600_000_000_000n })

it('is the difference to the nanosecond, whenever it was', () => {
  const holds = property(moments, delays, (sentAt, delay) => {
    const receivedAt = sentAt + delay < 0n ? 0n : sentAt + delay
    const received = {
      seconds: Number(receivedAt / 1_000_000_000n),
      nanos: Number(receivedAt % 1_000_000_000n),
    }
    const micros = oneWayMicros(Number(sentAt >> 32n), Number(sentAt & 0xffff_ffffn), received)
    expect(micros).toBe(Number(receivedAt - sentAt) / 1_000)
  })
  assert(holds, { numRuns: 1_000 })
})
