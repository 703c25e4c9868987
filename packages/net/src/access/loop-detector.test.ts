import { describe, expect, it } from 'vitest'

import { received, type Sent } from '../../testing/received.ts'
import { LoopDetector, type LoopDetectorOptions } from './loop-detector.ts'

const PEER = { address: '192.0.2.1', port: 40_000 }

/** A detector, and how many of the datagrams that come at an interval it takes for a loop. */
function detector(options: LoopDetectorOptions = {}) {
  let now = 0
  const loops = new LoopDetector({ nowMillis: () => now, ...options })
  const isLoop = (sent: Sent): boolean => loops.isLoop(received(sent), 0)
  return {
    isLoop,
    pass: (millis: number) => (now += millis),
    /** @param payload of the datagram with this number */
    hear: (
      count: number,
      everyMillis: number,
      payload: (number: number) => string,
      from = PEER,
    ): number => {
      let found = 0
      for (let number = 0; number < count; number += 1) {
        now += everyMillis
        if (isLoop({ ...from, bytes: Buffer.from(payload(number)) })) found += 1
      }
      return found
    },
    /** An echo on the other side, over a path of so many milliseconds. @returns how long the loop lived */
    loop(rttMillis: number, circulating: number): number {
      const began = now
      let alive = circulating
      while (alive > 0 && now - began < 120_000) {
        const each = rttMillis / alive
        for (let left = alive; left > 0; left -= 1) {
          now += each
          if (isLoop({ ...PEER, bytes: Buffer.from('forged') })) alive -= 1
        }
      }
      return now - began
    },
  }
}

describe('a loop', () => {
  it.each([
    [1, 1],
    [7, 1],
    [7, 8],
    [150, 1],
    [150, 16],
  ])('over a path of %i ms with %i datagrams on the way is over soon', (rtt, circulating) => {
    const millis = detector().loop(rtt, circulating)
    expect(millis).toBeGreaterThanOrEqual(2_000)
    expect(millis).toBeLessThan(40_000)
  })

  it('is noticed among the datagrams of many others', () => {
    const { isLoop, pass } = detector()
    let found = false
    for (let number = 0; number < 5_000 && !found; number += 1) {
      pass(1)
      for (let other = 0; other < 20; other += 1) {
        pass(0.2)
        isLoop({ address: '192.0.2.9', bytes: Buffer.from(`${number} ${other}`) })
      }
      pass(0.2)
      found = isLoop({ ...PEER, bytes: Buffer.from('forged') })
    }
    expect(found).toBe(true)
  })

  it('of services whose answers change is noticed by its source alone', () => {
    const { hear } = detector({ comparePayload: false })
    expect(hear(400, 10, (number) => `answer ${number}`)).toBeGreaterThan(0)
  })
})

describe('a client', () => {
  it('that numbers its datagrams is never taken for a loop, wherever the number is', () => {
    const { hear } = detector()
    const long = 'x'.repeat(1_000)
    expect(hear(5_000, 1, String)).toBe(0)
    expect(hear(5_000, 1, (number) => `${long}${number}`)).toBe(0)
  })

  it('that sends one line again and again, by hand or pasted, is always answered', () => {
    const { hear } = detector()
    expect(hear(1_000, 600, () => 'the same')).toBe(0)
    expect(hear(90, 100, () => 'the same')).toBe(0)
    expect(hear(2_000, 0.3, () => 'pasted')).toBe(0)
  })

  it('that goes on without our answers loses few of them, once a minute', () => {
    const { hear } = detector()
    expect(hear(6_000, 10, () => 'probe')).toBeLessThanOrEqual(34)
    expect(hear(1_000, 10, () => 'probe')).toBeLessThanOrEqual(34)
  })

  it('beside a loop is answered', () => {
    const { hear } = detector()
    const other = { address: '192.0.2.2', port: 40_000 }
    for (let number = 0; number < 500; number += 1) {
      hear(1, 7, () => 'forged')
      expect(hear(1, 0.3, () => `probe ${number}`, other)).toBe(0)
    }
  })
})
