import { expect, it } from 'vitest'

import type { MulticastPingFacts, WayFacts } from '../../multicast-ping/ping.ts'
import { judgeMulticastPair } from './pair-verdict.ts'

const way = (changes: Partial<WayFacts> = {}): WayFacts => ({
  received: 100,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  rttMicros: null,
  jitterMicros: null,
  hops: 0,
  firstSequence: 1,
  lastSequence: 100,
  ...changes,
})
const none = way({ received: 0, lost: 100, firstSequence: null, lastSequence: null, hops: null })

const facts = (changes: Partial<MulticastPingFacts> = {}): MulticastPingFacts => ({
  address: '10.77.0.2',
  port: 4321,
  group: '239.255.43.234',
  isSourceSpecific: false,
  version: 2,
  sent: 100,
  intervalMillis: 100,
  joinMillis: 5,
  silence: null,
  unicast: way(),
  multicast: way(),
  ...changes,
})

it.each([
  ['all arrives', {}, 'ok', /arrives: 0.0 % lost/],
  [
    'both lose the same',
    { unicast: way({ received: 90, lost: 10 }), multicast: way({ received: 90, lost: 10 }) },
    'ok',
    /arrives/,
  ],
  ['nothing answers', { unicast: none, multicast: none }, 'fail', /path is broken/],
  ['one network', { multicast: none }, 'fail', /multicast is broken, the path is not/],
  [
    'the first lost',
    { multicast: way({ received: 95, lost: 5, firstSequence: 6 }) },
    'warn',
    /the first 5 after joining/,
  ],
  ['multicast lossy', { multicast: way({ received: 90, lost: 10 }) }, 'warn', /loses 10.0 %/],
  [
    'forgotten',
    { silence: { afterMillis: 260_000, recovered: true } },
    'fail',
    /stopped 260.0 s after joining, and came again/,
  ],
  ['stopped', { silence: { afterMillis: 9_000, recovered: false } }, 'fail', /did not help/],
] as const)('%s', (_name, changes, status, summary) => {
  const verdict = judgeMulticastPair(facts(changes))
  expect(verdict.status).toBe(status)
  expect(verdict.summary).toMatch(summary)
  expect(verdict.remedy === null).toBe(status === 'ok')
})

it('names what lies between: routers by the hops of the unicast twin, else a switch or filter', () => {
  const routed = judgeMulticastPair(facts({ unicast: way({ hops: 3 }), multicast: none }))
  expect(routed.cause).toContain('3 routers lie between')
  expect(routed.remedy).toContain('TTL of at least 4')
  const local = judgeMulticastPair(facts({ multicast: none }))
  expect(local.cause).toContain('both are on one network')
})

it('names the missing querier', () => {
  const verdict = judgeMulticastPair(facts({ silence: { afterMillis: 260_000, recovered: true } }))
  expect(verdict.cause).toContain('no querier')
  expect(verdict.reference).toContain('RFC 4541')
})
