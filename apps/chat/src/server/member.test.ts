import type { TcpConnection } from '@sockyard/net/tcp'
import { expect, test } from 'vitest'

import { Member } from './member.ts'

const LIMITS = {
  slowQueue: 64 * 1024,
  slowTimeout: 10_000,
  maxQueue: 256 * 1024,
  firstLineTimeout: 30_000,
  idleTimeout: 150_000,
  floodTimeout: 30_000,
  maxLine: 1024,
}
const CHUNK_BYTES = 64 * 1024

/** A member whose connection is not used: reading needs none. */
function member(): Member {
  return new Member({} as TcpConnection, LIMITS, 0)
}

/** All lines that are there, as many as may be handled at once. */
function* linesOf(from: Member, atOnce = Infinity): Generator<string> {
  while (from.lines.length > 0) {
    const lines = from.lines.slice(0, atOnce)
    for (const { text } of lines) yield text
    from.handled(lines.length, 0)
  }
}

test('a chunk of empty lines is cut into a few lines at once: all of them would be 4 MB', () => {
  const reader = member()
  reader.read(new Uint8Array(CHUNK_BYTES).fill(10), 0)
  expect(reader.lines.length).toBeLessThanOrEqual(1024)
  expect(reader.waitingBytes).toBeLessThan(3 * CHUNK_BYTES)
  expect(linesOf(reader, 700).reduce((count) => count + 1, 0)).toBe(CHUNK_BYTES)
  expect(reader.waitingBytes).toBe(0)
})

test('lines that wait stay whole and in order, though the chunk they came in is used again', () => {
  const reader = member()
  const numbers = Array.from({ length: 5_000 }, (_, number) => `line ${number}`)
  const bytes = Buffer.from(numbers.join('\n'))
  const chunk = bytes.subarray(0, 30_000)
  reader.read(chunk, 0)
  const rest = Buffer.from(bytes.subarray(30_000))
  chunk.fill(0)
  reader.read(rest, 0)
  reader.readEnd(0)
  expect([...linesOf(reader, 7)]).toEqual(numbers)
})
