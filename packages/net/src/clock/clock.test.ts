import { expect, it } from 'vitest'

import { received } from '../../testing/received.ts'
import { receiveTime } from '../udp/datagrams.ts'
import { plausibleStamp } from './clock.ts'

const SECOND = 1_000_000_000n
const NOW = 1_772_366_400_000_000_000n

it.each([
  ['a moment ago', -SECOND, true],
  ['a minute ago', -60n * SECOND, true],
  ['longer ago than a minute, before the clock was set forward', -61n * SECOND, false],
  ['in more than a minute, before the clock was set back', 61n * SECOND, false],
])('a stamp of the kernel of %s: it is used only within a minute', (_, apart, isUsed) => {
  expect(plausibleStamp(NOW + apart, NOW)).toBe(isUsed ? NOW + apart : NOW)
})

it('without a stamp, a datagram came when it is read', () => {
  expect(receiveTime(received({ address: '192.0.2.1' }), 0, NOW)).toBe(NOW)
})
