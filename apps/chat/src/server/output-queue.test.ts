import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'

import { OutputQueue, SharedBlocks } from './output-queue.ts'

test('whatever is pushed and taken, all bytes come out in their order', () => {
  const lengths = array(integer({ min: -1, max: 9_000 }), { maxLength: 60 })
  assert(
    property(lengths, (steps) => {
      const queue = new OutputQueue()
      const blocks = new SharedBlocks()
      const pushed: Uint8Array[] = []
      const taken: Uint8Array[] = []
      for (const [index, length] of steps.entries()) {
        if (length < 0) taken.push(queue.take() ?? new Uint8Array())
        else {
          const bytes = new Uint8Array(length).fill(index)
          const piece = index % 3 === 0 ? bytes : blocks.append([bytes], length)
          pushed.push(bytes)
          queue.push(piece)
        }
      }
      for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next)
      expect(Buffer.concat(taken).equals(Buffer.concat(pushed))).toBe(true)
      expect(queue).toMatchObject({ bytes: 0, ownBytes: 0 })
    }),
  )
})

test('what is shared costs a client next to nothing, however many pieces it is', () => {
  const queue = new OutputQueue()
  const blocks = new SharedBlocks()
  for (let index = 0; index < 1_000; index += 1) queue.push(blocks.append([new Uint8Array(32)], 32))
  expect(queue.bytes).toBe(32_000)
  expect(queue.ownBytes).toBeLessThan(1_000)
})

test('what is its own costs it at least its bytes', () => {
  const queue = new OutputQueue()
  for (let index = 0; index < 1_000; index += 1) queue.push(new Uint8Array(32))
  expect(queue.ownBytes).toBeGreaterThan(queue.bytes)
})
