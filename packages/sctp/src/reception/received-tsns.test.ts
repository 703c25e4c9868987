import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { tsnPlus } from '../wire/serial-number.ts'
import { ReceivedTsns } from './received-tsns.ts'

test('keeps account of any order of arrival as a plain set would, over the wrap too', () => {
  const order = fc.array(fc.nat(60), { maxLength: 200 })
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 0xffffffe0, 0x7fffffe0), order, (initial, offsets) => {
      const tsns = new ReceivedTsns(initial)
      const received = new Set<number>()
      for (const offset of offsets) {
        const tsn = tsnPlus(initial, offset)
        expect(tsns.classify(tsn)).toBe(received.has(offset) ? 'duplicate' : 'new')
        if (!received.has(offset)) tsns.add(tsn)
        received.add(offset)
      }
      let next = 0
      while (received.has(next)) next += 1
      expect(tsns.cumulative).toBe(tsnPlus(initial, next - 1))
      const reported = new Set<number>()
      for (const { start, end } of tsns.gapBlocks(1000)) {
        for (let at = start; at <= end; at += 1) reported.add(next - 1 + at)
      }
      const beyond = [...received].filter((offset) => offset >= next)
      expect(reported).toEqual(new Set(beyond))
    }),
  )
})

test('refuses what a SACK could not report', () => {
  const tsns = new ReceivedTsns(1)
  expect(tsns.classify(0x10001)).toBe('too-far')
  expect(tsns.classify(0xffff)).toBe('new')
})

test('a peer cannot make the list of gaps grow without bound', () => {
  const tsns = new ReceivedTsns(1)
  let kept = 0
  for (let tsn = 3; tsn < 60_000; tsn += 2) {
    if (tsns.classify(tsn) !== 'new') continue
    tsns.add(tsn)
    kept += 1
  }
  expect(kept).toBe(1024)
  expect(tsns.classify(5000)).toBe('too-far')
  expect(tsns.classify(2)).toBe('new')
  tsns.add(1)
  tsns.add(2)
  expect(tsns.cumulative).toBe(3)
})
