import { expect, it } from 'vitest'

import { received } from '../../testing/received.ts'
import { now } from '../clock/clock.ts'
import { eachDatagram } from './receive-context.ts'

it('a time of the kernel that is far from the clock is not used', () => {
  const times: bigint[] = []
  const before = now()
  const at = { group: '224.0.1.1', interface: 'lo' }
  // Stamped in 1970.
  eachDatagram((_bytes, { receivedAt }) => times.push(receivedAt))(
    received({ address: '127.0.0.1' }),
    at,
  )
  expect(times).toHaveLength(1)
  expect(times[0]).toBeGreaterThanOrEqual(before)
})
