import { expect, it } from 'vitest'

import { wilsonInterval } from '../wilson-interval.ts'
import { judgeLoss } from './loss.ts'

const NONE = { duplicated: 0, reordered: 0, refused: 0, rttMicros: null, jitterMicros: null }

it.each([
  [0, {}, 'ok', null],
  [1, {}, 'warn', 'ITU-T Y.1541, table 1'],
  [10, {}, 'fail', 'ITU-T Y.1541, table 1'],
  [100, {}, 'fail', null],
  [0, { duplicated: 2 }, 'warn', 'RFC 4737, 3'],
  [0, { reordered: 1 }, 'warn', 'RFC 4737, 3'],
])('%d of 100 lost, %j: %s', (lost, others, status, reference) => {
  const counts = { sent: 100, received: 100 - lost, lost, lossInterval: wilsonInterval(lost, 100) }
  expect(judgeLoss({ ...NONE, ...counts, ...others })).toMatchObject({ status, reference })
})
