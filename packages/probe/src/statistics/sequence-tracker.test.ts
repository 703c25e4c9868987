import { array, assert, bigInt, integer, oneof, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { line, u32 } from './sequence-space.ts'
import { U64Positions } from './sequence-space.ts'
import { type Arrival, SequenceTracker } from './sequence-tracker.ts'

function observed(sequences: readonly number[], options = {}) {
  const tracker = new SequenceTracker(u32, options)
  return { tracker, arrivals: sequences.map((sequence) => tracker.observe(sequence)) }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** The definitions of RFC 4737 and RFC 5560 with unbounded memory; offsets count from the base. */
function naive(offsets: readonly number[]) {
  const seen = new Set<number>()
  const counts = { received: 0, lost: 0, duplicated: 0, reordered: 0, restarts: 0, strays: 0 }
  let greatest = -1
  const arrivals = offsets.map((offset): Arrival => {
    if (seen.has(offset)) {
      counts.duplicated++
      return 'duplicate'
    }
    seen.add(offset)
    counts.received++
    if (offset < greatest) {
      counts.reordered++
      return 'reordered'
    }
    greatest = offset
    return 'new'
  })
  for (let offset = 0; offset <= greatest; offset++) if (!seen.has(offset)) counts.lost++
  return { counts, arrivals }
}

/**
 * What a network makes of 0, 1, 2 …: each is lost or arrives once or twice, up to 10 places late (so
 * never 16 old ones in a row, which would be a restart). The first to arrive is the base.
 */
const traffic = array(array(integer({ min: 0, max: 10 }), { maxLength: 2 }), {
  minLength: 1,
  maxLength: 400,
}).map((packets) => {
  const copies = packets.flatMap((delays, offset) =>
    delays.map((delay) => ({ offset, place: offset + delay })),
  )
  const arrived = copies.toSorted((a, b) => a.place - b.place).map(({ offset }) => offset)
  return arrived.map((offset) => offset - (arrived[0] ?? 0))
})

function placeOn64Bits(): (sequence: bigint) => number {
  const positions = new U64Positions()
  return (sequence) =>
    positions.of(Number(BigInt.asUintN(32, sequence >> 32n)), Number(BigInt.asUintN(32, sequence)))
}

describe('SequenceTracker', () => {
  it.each([
    ['in order', [5, 6, 7], { received: 3, lost: 0, duplicated: 0, reordered: 0 }],
    ['a gap', [5, 8], { received: 2, lost: 2, duplicated: 0, reordered: 0 }],
    ['a late one', [5, 8, 6], { received: 3, lost: 1, duplicated: 0, reordered: 1 }],
    ['twice', [5, 6, 6, 5], { received: 2, lost: 0, duplicated: 2, reordered: 0 }],
    ['late and twice', [5, 7, 6, 6], { received: 3, lost: 0, duplicated: 1, reordered: 1 }],
    ['before the base', [5, 3, 6], { received: 3, lost: 0, duplicated: 0, reordered: 1 }],
    ['none', [], { received: 0, lost: 0, duplicated: 0, reordered: 0 }],
  ])('counts: %s', (_, sequences, counts) => {
    expect(observed(sequences).tracker.counts()).toMatchObject({
      ...counts,
      restarts: 0,
      strays: 0,
    })
  })

  it('agrees with a naive model, wherever in 32 bits it begins', () => {
    const holds = property(traffic, integer({ min: 0, max: 2 ** 32 - 1 }), (offsets, base) => {
      const { tracker, arrivals } = observed(offsets.map((offset) => (base + offset) >>> 0))
      expect({ counts: tracker.counts(), arrivals }).toEqual(naive(offsets))
    })
    assert(holds, { numRuns: 500, examples: [[range(0, 20), 2 ** 32 - 10]] })
  })

  it('agrees with a naive model, wherever in 64 bits it begins', () => {
    const holds = property(traffic, bigInt({ min: 0n, max: 2n ** 64n - 1n }), (offsets, base) => {
      const tracker = new SequenceTracker(line)
      const place = placeOn64Bits()
      const arrivals = offsets.map((offset) => tracker.observe(place(base + BigInt(offset))))
      expect({ counts: tracker.counts(), arrivals }).toEqual(naive(offsets))
    })
    assert(holds, { numRuns: 500, examples: [[range(0, 20), 2n ** 64n - 10n]] })
  })

  it('agrees with the naive model with the smallest window that the lateness allows', () => {
    const holds = property(traffic, (offsets) => {
      const { tracker } = observed(
        offsets.map((offset) => 1_000 + offset),
        { window: 32 },
      )
      expect(tracker.counts()).toEqual(naive(offsets).counts)
    })
    assert(holds, { numRuns: 300 })
  })

  it('any numbers at all: each arrival is counted exactly once, and nothing below zero', () => {
    const anything = oneof(integer({ min: 0, max: 40 }), integer({ min: 0, max: 2 ** 32 - 1 }))
    const holds = property(array(anything, { maxLength: 200 }), (sequences) => {
      const counts = observed(sequences, { window: 32, maximumGap: 50 }).tracker.counts()
      expect(counts.received + counts.duplicated + counts.strays).toBe(sequences.length)
      expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(0)
    })
    assert(holds, { numRuns: 1_000 })
  })

  it('takes a sender that begins anew far away for a restart, with what was lost before kept', () => {
    const { tracker, arrivals } = observed([100_000, 100_002, 0, 1, 2, 4])
    expect(arrivals).toEqual(['new', 'new', 'stray', 'restart', 'new', 'new'])
    expect(tracker.counts()).toMatchObject({ received: 6, lost: 2, restarts: 1, strays: 0 })
  })

  it('takes a sender that begins anew near by for a restart, after 16 old numbers in a row', () => {
    const { tracker } = observed([...range(0, 9), ...range(12, 49), ...range(0, 99)])
    expect(tracker.counts()).toEqual({
      received: 148,
      lost: 2,
      duplicated: 0,
      reordered: 0,
      restarts: 1,
      strays: 0,
    })
  })

  it('takes back the late ones and those before the base when they were a restart', () => {
    const { tracker } = observed([8, 11, 12, 30, ...range(2, 40)])
    expect(tracker.counts()).toMatchObject({ received: 43, lost: 19, duplicated: 0, reordered: 0 })
  })

  it('is not led astray by one forged number, near or at the far end', () => {
    const { tracker, arrivals } = observed([0, 1, 2 ** 31, 2, 4_000_000_000, 3])
    expect(arrivals).toEqual(['new', 'new', 'stray', 'new', 'stray', 'new'])
    expect(tracker.counts()).toMatchObject({ received: 4, lost: 0, restarts: 0, strays: 2 })
  })

  it('recovers when the very first number was forged', () => {
    const tracker = new SequenceTracker(line)
    const place = placeOn64Bits()
    for (const sequence of [2n ** 63n + 5n, 0n, 1n, 2n]) tracker.observe(place(sequence))
    expect(tracker.counts()).toMatchObject({ received: 4, lost: 0, restarts: 1 })
  })

  it('counts an outage as lost, up to the greatest gap', () => {
    expect(observed([0, 1_000_001]).tracker.counts().lost).toBe(1_000_000)
    expect(observed([0, 1_000_002]).tracker.counts()).toMatchObject({ lost: 0, strays: 1 })
  })

  it('reports the changes of each interval, and never a loss below zero', () => {
    const { tracker } = observed([0, 3])
    expect(tracker.takeInterval()).toMatchObject({ received: 2, lost: 2, reordered: 0 })
    tracker.observe(1)
    expect(tracker.takeInterval()).toMatchObject({ received: 1, lost: 0, reordered: 1 })
    tracker.observe(6)
    expect(tracker.takeInterval()).toMatchObject({ received: 1, lost: 1, reordered: 0 })
    expect(tracker.counts().lost).toBe(3)
  })
})

it('a tracker that is used for another sender has forgotten the one before', () => {
  const tracker = new SequenceTracker(u32)
  for (const sequence of [10, 12, 12, 11, 5_000_000]) tracker.observe(sequence)
  tracker.reset()
  expect(tracker.counts()).toEqual(new SequenceTracker(u32).counts())
  expect([12, 13, 12].map((sequence) => tracker.observe(sequence))).toEqual([
    'new',
    'new',
    'duplicate',
  ])
  expect(tracker.takeInterval()).toMatchObject({ received: 2, lost: 0, duplicated: 1, strays: 0 })
})
