import { expect, it } from 'vitest'

import { sharesHardwareAddress } from './sender.ts'

it.each([
  ['239.0.0.1', true],
  ['239.128.0.1', true],
  ['225.0.0.251', true],
  ['224.128.0.1', true],
  ['224.0.0.1', false],
  ['239.255.43.21', false],
  ['239.0.1.1', false],
  ['ff15::1', false],
])('%s has the hardware address of a group in 224.0.0.0/24: %s', (group, shares) => {
  expect(sharesHardwareAddress(group)).toBe(shares)
})
