import { type Check, fromDoctor } from '../../run/check.ts'
import { type StampFacts, stampFacts } from './stamp-facts.ts'
import { judgeStamp } from './stamp-verdict.ts'

/** Test packets to a Session-Reflector (RFC 8762), which tells how they arrive. */
export const stamp: Check<StampFacts> = {
  name: 'stamp',
  profiles: ['quick', 'full', 'long'],
  gather: ({ peer, waitMillis, signal, pace }) => stampFacts(peer, waitMillis, signal, pace),
  judge: (facts) => fromDoctor(judgeStamp(facts)),
  missing: ({ received }) => (received === 0 ? 'no Session-Reflector answers' : undefined),
}
