import { expect, test } from 'vitest'

import { CongestionWindow } from './congestion-window.ts'

const CHUNK = 1444

test('begins with 4,404 bytes, or two chunks that are longer, or four that are shorter', () => {
  expect(new CongestionWindow({ chunkBytes: 1444 }).size).toBe(4404)
  expect(new CongestionWindow({ chunkBytes: 1000 }).size).toBe(4000)
  expect(new CongestionWindow({ chunkBytes: 9000 }).size).toBe(18_000)
})

test('slow start: grows by what was acknowledged, one chunk at most, while the window is full', () => {
  const window = new CongestionWindow({ chunkBytes: CHUNK })
  window.acknowledged(100, 4404, 1)
  expect(window.size).toBe(4504)
  window.acknowledged(3000, 4504, 2)
  expect(window.size).toBe(4504 + CHUNK)
  window.acknowledged(3000, 4504, 3)
  expect(window.size).toBe(4504 + CHUNK)
})

test('a loss halves it once; in recovery it stays; then it grows by a chunk a window', () => {
  const window = new CongestionWindow({ chunkBytes: CHUNK })
  for (let tsn = 0; tsn < 20; tsn += 1) window.acknowledged(CHUNK, window.size, tsn)
  const before = window.size
  window.fastRetransmit(30)
  const half = Math.floor(before / 2)
  expect(window.size).toBe(half)
  window.fastRetransmit(35)
  window.acknowledged(CHUNK, window.size, 25)
  expect([window.size, window.recovering]).toEqual([half, true])
  window.acknowledged(CHUNK, window.size, 30)
  expect([window.size, window.recovering]).toEqual([half, false])
  // The threshold itself still counts as slow start (7.2.1).
  window.acknowledged(CHUNK, window.size, 31)
  expect(window.size).toBe(half + CHUNK)
  let acknowledged = 0
  while (window.size === half + CHUNK) {
    window.acknowledged(1000, window.size, 32)
    acknowledged += 1000
  }
  expect(window.size).toBe(half + 2 * CHUNK)
  expect(acknowledged).toBe(Math.ceil((half + CHUNK) / 1000) * 1000)
  const rest = acknowledged - (half + CHUNK)
  acknowledged = rest
  while (window.size === half + 2 * CHUNK) {
    window.acknowledged(1000, window.size, 33)
    acknowledged += 1000
  }
  expect(acknowledged).toBeGreaterThanOrEqual(half + 2 * CHUNK)
  expect(acknowledged).toBeLessThan(half + 2 * CHUNK + 1000)
})

test('a timeout leaves one chunk, and slow start up to half of what there was', () => {
  const window = new CongestionWindow({ chunkBytes: CHUNK })
  for (let tsn = 0; tsn < 20; tsn += 1) window.acknowledged(CHUNK, window.size, tsn)
  const before = window.size
  window.timedOut()
  expect(window.size).toBe(CHUNK)
  while (window.size <= before / 2) window.acknowledged(CHUNK, window.size, 1)
  const reached = window.size
  window.acknowledged(CHUNK, window.size, 2)
  expect(window.size).toBe(reached)
})

test('idling halves it down to four chunks, and never raises it', () => {
  const window = new CongestionWindow({ chunkBytes: CHUNK })
  for (let tsn = 0; tsn < 20; tsn += 1) window.acknowledged(CHUNK, window.size, tsn)
  const before = window.size
  window.idled()
  expect(window.size).toBe(before / 2)
  for (let count = 0; count < 10; count += 1) window.idled()
  expect(window.size).toBe(4 * CHUNK)
  const fresh = new CongestionWindow({ chunkBytes: CHUNK })
  fresh.idled()
  expect(fresh.size).toBe(4404)
})
