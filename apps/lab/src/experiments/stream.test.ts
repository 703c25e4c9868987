import { expect, test } from 'vitest'

import { fragmentsOf } from './stream.ts'

test.each([
  [0, 1_500, 1],
  [1_472, 1_500, 1],
  [1_473, 1_500, 2],
  [2_952, 1_500, 2],
  [2_953, 1_500, 3],
  [8_192, 1_500, 6],
  [65_507, 1_500, 45],
  // A room of 556 bytes is no multiple of 8: 552 are used, but for the last.
  [1_100, 576, 2],
  [1_101, 576, 3],
])('%i bytes over an MTU of %i are %i packets', (size, mtu, count) => {
  expect(fragmentsOf(size, mtu)).toBe(count)
})
