import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { DataChunk } from '../wire/chunk.ts'
import { tsnPlus } from '../wire/serial.ts'
import { Reassembly } from './reassembly.ts'

const fragment = (tsn: number, index: number, count: number, changes: Partial<DataChunk> = {}) => ({
  kind: 'data' as const,
  tsn,
  stream: 1,
  sequence: 5,
  protocolId: 0,
  unordered: false,
  beginning: index === 0,
  ending: index === count - 1,
  immediate: false,
  data: Uint8Array.from([index]),
  ...changes,
})

test('fragments make their message once the last of them has come, in whatever order', () => {
  const order = fc
    .integer({ min: 2, max: 30 })
    .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }))
  fc.assert(
    fc.property(order, fc.constantFrom(10, 0xfffffff8), (indexes, first) => {
      const reassembly = new Reassembly(1000)
      const results = indexes.map((index) =>
        reassembly.add(fragment(tsnPlus(first, index), index, indexes.length)),
      )
      expect(results.slice(0, -1).every(({ kind }) => kind === 'waiting')).toBe(true)
      const last = results.at(-1)
      const data = last?.kind === 'whole' ? last.fragments.map((each) => each.data[0]) : []
      expect(data).toEqual([...indexes.keys()])
      expect([reassembly.bufferedBytes, reassembly.count]).toEqual([0, 0])
    }),
  )
})

test('a message that gets too long is refused before its end is seen', () => {
  const reassembly = new Reassembly(10)
  const results = Array.from({ length: 11 }, (_, index) =>
    reassembly.add(fragment(100 + index, index, 50)),
  )
  expect(results.map(({ kind }) => kind).lastIndexOf('waiting')).toBe(9)
  expect(results.at(-1)?.kind).toBe('too-long')
})

test('neighbours that cannot be of one message are a violation', () => {
  const mixed: [DataChunk, DataChunk][] = [
    [fragment(1, 0, 3), fragment(2, 2, 3, { stream: 2 })],
    [fragment(1, 0, 3), fragment(2, 2, 3, { sequence: 6 })],
    [fragment(1, 0, 3), fragment(2, 2, 3, { unordered: true })],
  ]
  for (const [one, two] of mixed) {
    const reassembly = new Reassembly(1000)
    reassembly.add(one)
    expect(reassembly.add(two).kind).toBe('violation')
  }
})
