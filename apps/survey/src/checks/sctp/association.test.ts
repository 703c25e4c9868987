import { MicrosHistogram } from '@sockyard/probe/statistics'
import { expect, it } from 'vitest'

import { judgeAssociation } from './association.ts'

const roundTrips = new MicrosHistogram()
roundTrips.record(700)
const UP = {
  udpPort: 9899,
  outcome: 'up',
  setupMicros: 3_000,
  outboundStreams: 10,
  inboundStreams: 10,
  rttMicros: roundTrips.summary(),
  pathMtuBytes: 1_500,
} as const

it.each([
  [{}, 'ok', null],
  [{ rttMicros: null }, 'warn', null],
  [{ outcome: 'refused' }, 'fail', 'RFC 9260, 8.4'],
  [{ outcome: 'silent' }, 'fail', 'RFC 6951, 5'],
] as const)('an association with %j is %s', (facts, status, reference) => {
  expect(judgeAssociation({ ...UP, ...facts })).toMatchObject({ status, reference })
})
