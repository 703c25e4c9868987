import { assert, bigInt, property } from 'fast-check'
import { expect, it } from 'vitest'

import { bothOf, type ClockRange, pauseToTick, rangeOf } from './clock-range.ts'

const SECOND = 1_000_000_000n
const ROUND_TRIP = 200_000n

/** Queries a clock with whole seconds so many times. */
function ask(times: number, offset: bigint, start: bigint): ClockRange | undefined {
  let range: ClockRange | undefined
  let now = start
  for (let question = 0; question < times; question += 1) {
    const server = now + ROUND_TRIP / 2n + offset
    const said = server - (((server % SECOND) + SECOND) % SECOND)
    range = bothOf(range, rangeOf(said, now, now + ROUND_TRIP))
    now += BigInt(Math.round(pauseToTick(range, 1_000, now) * 1_000_000))
  }
  return range
}

it('each query narrows the range of the offset of a clock in whole seconds, and the true offset stays within', () => {
  const offsets = bigInt({ min: -3_600n * SECOND, max: 3_600n * SECOND })
  const starts = bigInt({ min: 1_700_000_000n * SECOND, max: 1_700_000_001n * SECOND })
  assert(
    property(offsets, starts, (offset, start) => {
      const range = ask(5, offset, start)
      if (range === undefined) throw new Error('no range')
      expect(range.least <= offset && offset <= range.most).toBe(true)
      expect(range.most - range.least).toBeLessThan(SECOND / 16n + 5n * ROUND_TRIP)
    }),
  )
})
