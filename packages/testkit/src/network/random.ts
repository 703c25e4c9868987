import { randomInt } from 'node:crypto'

/**
 * A multicast group of the local scope (RFC 2365, 239.255.0.0/16) that no other test is likely to use, so that
 * tests can share a port: a receiver gets only its groups.
 */
export function randomGroup(): string {
  return `239.255.${randomInt(64, 128)}.${randomInt(256)}`
}

/**
 * Random numbers in [0, 1) that a test can repeat: the same seed gives the same numbers (mulberry32).
 *
 * @param seed any 32-bit number; say it in the test's failure message
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
