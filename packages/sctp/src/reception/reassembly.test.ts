import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { DataChunk } from '../wire/chunk.ts'
import { tsnPlus } from '../wire/serial-number.ts'
import { Reassembly } from './reassembly.ts'
import { ReceiveAccount } from './received-data.ts'

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
      const account = new ReceiveAccount({ heldBytes: 0 })
      const reassembly = new Reassembly(1000, account)
      const results = indexes.map((index) =>
        reassembly.add(fragment(tsnPlus(first, index), index, indexes.length)),
      )
      expect(results.slice(0, -1).every(({ kind }) => kind === 'waiting')).toBe(true)
      const last = results.at(-1)
      const data = last?.kind === 'whole' ? [...last.message.data] : []
      expect(data).toEqual([...indexes.keys()])
      expect(account.heldBytes).toBe(0)
    }),
  )
})

test('a message that gets too long is refused before its end is seen', () => {
  const reassembly = new Reassembly(10, new ReceiveAccount({ heldBytes: 0 }))
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
    const reassembly = new Reassembly(1000, new ReceiveAccount({ heldBytes: 0 }))
    reassembly.add(one)
    expect(reassembly.add(two).kind).toBe('violation')
  }
})

const COUNT = 60_000

/** Microseconds of CPU for one-byte fragments of one message, in this order; the least of three. */
function cost(order: (index: number) => number): number {
  const once = () => {
    const reassembly = new Reassembly(COUNT, new ReceiveAccount({ heldBytes: 0 }))
    const chunks = Array.from({ length: COUNT }, (_, index) =>
      fragment(order(index), order(index), COUNT),
    )
    const before = process.cpuUsage()
    const results = chunks.map((each) => reassembly.add(each).kind)
    expect(results.at(-1)).toBe('whole')
    return process.cpuUsage(before).user
  }
  return Math.min(once(), once(), once())
}

// With a walk along the fragments for each one that comes, the other orders cost a thousand times as much.
test('60,000 fragments cost about the same in any order', () => {
  const inOrder = cost((index) => index)
  expect(cost((index) => COUNT - 1 - index) / inOrder).toBeLessThan(20)
  expect(cost((index) => (index * 2 + 1) % (COUNT + 1)) / inOrder).toBeLessThan(20)
}, 60_000)
