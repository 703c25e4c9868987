import { describe, expect, test } from 'vitest'

import { checkReader, checkSpeaker, probeMillis } from './client-limits.ts'

const KIB = 1024
const limits = {
  slowQueue: 64 * KIB,
  slowTimeout: 10_000,
  maxQueue: 256 * KIB,
  firstLineTimeout: 30_000,
  idleTimeout: 150_000,
  floodTimeout: 30_000,
}

describe('a reader', () => {
  test.each([
    ['with an empty queue', { queued: 0, slowSince: undefined }, 'keep'],
    ['slow for 10 s', { queued: 65 * KIB, slowSince: 0 }, 'keep'],
    ['with 256 KiB unread', { queued: 256 * KIB, slowSince: 9_000 }, 'keep'],
    [
      'with more than 256 KiB unread',
      { queued: 256 * KIB + 1, slowSince: undefined },
      'slow-reader',
    ],
  ])('%s: %o is %s', (_, reader, verdict) => {
    expect(checkReader(reader, 10_000, limits)).toBe(verdict)
  })

  test('slow for more than 10 s is cut off', () => {
    expect(checkReader({ queued: 65 * KIB, slowSince: 0 }, 10_001, limits)).toBe('slow-reader')
  })
})

describe('a speaker', () => {
  const silent = {
    lastLineAt: 0,
    isProbed: false,
    firstLineBegunAt: undefined,
    waitingSince: undefined,
  }

  test.each([
    ['a client that only reads is not slow', 31_000, {}, 'keep'],
    ['is left in peace for 90 s', 90_000, {}, 'keep'],
    ['is asked after 90 s', 90_001, {}, 'probe'],
    ['is asked once', 91_000, { isProbed: true }, 'keep'],
    ['has 150 s in all', 150_000, { isProbed: true }, 'keep'],
    ['is dropped after 150 s', 150_001, { isProbed: true }, 'idle'],
    ['has 30 s for a first line', 31_000, { firstLineBegunAt: 1_000 }, 'keep'],
    ['does not get more by dripping', 31_001, { firstLineBegunAt: 1_000 }, 'unfinished-line'],
    ['whose lines wait is not idle', 151_000, { waitingSince: 150_000 }, 'keep'],
    ['whose lines wait for 30 s is a flood', 60_001, { waitingSince: 30_000 }, 'flood'],
  ] as const)('%s', (_, now, state, verdict) => {
    expect(checkSpeaker({ ...silent, ...state }, now, limits)).toBe(verdict)
  })

  test('is told in how many seconds it must answer', () => {
    expect(probeMillis(150_000)).toBe(60_000)
  })
})
