import { toNtpTimestamp } from '@sockyard/protocol/ntp'
import { describe, expect, it } from 'vitest'

import { broadcastAt, decoded } from '../packets.testing.ts'
import { readReply } from './reading.ts'

const START = 1_772_366_400_000_000_000n

/** A reply received at and sent at these nanoseconds after START, by a clock with a grain of 953 ns. */
function reply(receivedAfter: bigint, sentAfter: bigint) {
  const receiveRaw = toNtpTimestamp(START + receivedAfter)
  const transmitRaw = toNtpTimestamp(START + sentAfter)
  return decoded(broadcastAt(START, { mode: 4, receiveRaw, transmitRaw }), START)
}

describe('a reading', () => {
  it('is right to within half of the delay, which leaves out the time of the server', () => {
    const reading = readReply(reply(5_100_000n, 5_300_000n), START, START + 400_000n)
    expect(reading).toMatchObject({ offsetNanos: 5_000_000n, delayNanos: 200_000n })
    expect(reading?.uncertaintyNanos).toBe(100_953n)
  })

  it("is not taken for exact when the server's timestamps precede the request", () => {
    const reading = readReply(reply(100_000n, 3_300_000n), START, START + 400_000n)
    expect(reading).toMatchObject({ offsetNanos: 1_500_000n, delayNanos: 0n })
    expect(reading?.uncertaintyNanos).toBeGreaterThan(1_400_000n)
  })

  it('is none without timestamps', () => {
    const packet = decoded(broadcastAt(START, { mode: 4, receiveRaw: 0n }), START)
    expect(readReply(packet, START, START)).toBeNull()
  })
})
