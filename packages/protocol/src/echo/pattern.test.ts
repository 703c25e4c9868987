import { array, assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'

import { fillPattern, firstMismatch } from './index.ts'

const offsets = integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 400_000 })

test('a stream filled in pieces of any size is right when read in pieces of any other size', () => {
  const pieces = array(integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 5 })
  assert(
    property(offsets, pieces, pieces, (offset, written, read) => {
      const stream = new Uint8Array(200_000)
      inPieces(stream, written, (piece, start) => fillPattern(piece, offset + start))
      inPieces(stream, read, (piece, start) =>
        expect(firstMismatch(piece, offset + start)).toBeUndefined(),
      )
    }),
    { numRuns: 30 },
  )
})

test('the first wrong byte is named, however far in it is', () => {
  assert(
    property(offsets, integer({ min: 0, max: 199_999 }), (offset, wrong) => {
      const bytes = new Uint8Array(200_000)
      fillPattern(bytes, offset)
      bytes[wrong] = (bytes[wrong] ?? 0) ^ 1
      expect(firstMismatch(bytes, offset)).toBe(wrong)
    }),
    { numRuns: 30 },
  )
})

test('a skipped 64 KiB block is seen', () => {
  const bytes = new Uint8Array(1000)
  fillPattern(bytes, 65_536)
  expect(firstMismatch(bytes, 0)).toBeDefined()
})

function inPieces(
  stream: Uint8Array,
  sizes: readonly number[],
  use: (piece: Uint8Array, start: number) => void,
): void {
  for (let start = 0, turn = 0; start < stream.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    use(stream.subarray(start, start + size), start)
    start += size
  }
}
