import { decodeNtpPacket, type NtpKey, type NtpPacket } from '@sockyard/protocol/ntp'
import { expect, it } from 'vitest'

import { createClockStatus } from './clock-status.ts'
import { PacketEncoder } from './packet-encoder.ts'

const START = 1_772_366_400_000_000_000n
const KEY: NtpKey = { id: 1, type: 'SHA1', secret: new TextEncoder().encode('yard') }
const options = { stratum: 1, referenceId: 'GPS', rootDelay: 0, rootDispersion: 1, drift: 0 }
const status = createClockStatus(options, 400n)(START, 0n)

function decoded(bytes: Uint8Array): NtpPacket {
  const result = decodeNtpPacket(bytes, START)
  if (!result.ok) throw result.error
  return result.value
}

/** When a broadcast says it was sent, by a clock that goes on by these nanoseconds with each reading. */
function sentAfter(steps: readonly bigint[], key?: NtpKey): bigint {
  const left = [...steps]
  let time = START
  const now = (): bigint => {
    const before = time
    time += left.shift() ?? 40_000n
    return before
  }
  const encoder = new PacketEncoder(now, new Map(key === undefined ? [] : [[key.id, key]]))
  time = START
  return (decoded(encoder.broadcast(status, 4, key)).transmitAt ?? 0n) - START
}

it('reads the clock when all else is done', () => {
  expect(sentAfter([])).toBe(0n)
})

it('is ahead by what signing takes at least, so that nothing arrives before it was sent', () => {
  expect(sentAfter([3_000_000n, 0n, 90_000n], KEY)).toBe(40_000n)
  expect(sentAfter([3_000_000n, 0n, 20_000n], KEY)).toBe(20_000n)
})

it('does not mind a clock that is set back meanwhile', () => {
  expect(sentAfter([-5_000_000n], KEY)).toBe(40_000n)
})
