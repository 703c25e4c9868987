import { decodeNtpPacket, type NtpKey, type NtpPacket } from '@sockyard/protocol/ntp'
import { expect, it } from 'vitest'

import { createClockStatus } from './clock-status.ts'
import { PacketEncoder } from './packet-encoder.ts'

const START = 1_772_366_400_000_000_000n
const KEY: NtpKey = { id: 1, type: 'SHA1', secret: new TextEncoder().encode('yard') }
const options = { stratum: 1, referenceId: 'GPS', rootDelay: 0, rootDispersion: 1, drift: 0 }
const status = createClockStatus(options, START, 400n)(START)

function decoded(bytes: Uint8Array): NtpPacket {
  const result = decodeNtpPacket(bytes, START)
  if (!result.ok) throw result.error
  return result.value
}

/** When each broadcast says it was sent, by a clock that is read at these nanoseconds after START. */
function sentAfter(
  readings: readonly bigint[],
  key: NtpKey | undefined,
  broadcasts: number,
): bigint[] {
  const left = [...readings]
  const encoder = new PacketEncoder(() => START + (left.shift() ?? 0n))
  const packets = Array.from({ length: broadcasts }, () =>
    decoded(encoder.broadcast(status, 4, key)),
  )
  return packets.map(({ transmitAt }) => (transmitAt ?? 0n) - START)
}

it('reads the clock once and last', () => {
  expect(sentAfter([500n, 900n], undefined, 2)).toEqual([500n, 900n])
})

it('is ahead by what signing takes at least, so that nothing arrives before it was sent', () => {
  const readings = [
    0n,
    90_000n,
    1_000_000n,
    1_040_000n,
    2_000_000n,
    2_300_000n,
    3_000_000n,
    3_060_000n,
  ]
  const sent = sentAfter(readings, KEY, 4)
  expect(sent).toEqual([0n, 1_090_000n, 2_040_000n, 3_040_000n])
})

it('forgets a clock that was set back', () => {
  const readings = [5_000_000n, 0n, 1_000_000n, 1_050_000n, 2_000_000n, 2_050_000n]
  expect(sentAfter(readings, KEY, 3)).toEqual([5_000_000n, 1_000_000n, 2_050_000n])
})
