import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'
import type { DatagramAccess } from '@sockyard/service/datagram-access'
import type { DatagramRates } from '@sockyard/service/datagram-rates'
import type { DatagramRules } from '@sockyard/service/datagram-rules'

import type { Verdict } from './verdict.ts'

export interface BatchRules {
  /** Who is never answered, and what was sent to many at once (CERT CA-1996-01). */
  rules: DatagramRules
  /** `--allow` and `--deny`. */
  access: DatagramAccess
  /** `--rate-limit` */
  rates: DatagramRates
}

/** `verdictOf` for one of many datagrams: the same reasons in the same order, without allocation. */
export function batchVerdictOf(
  received: ReceivedDatagrams,
  index: number,
  { rules, access, rates }: BatchRules,
  nowMillis: number,
): Verdict {
  const refusal = rules.refusal(received, index)
  if (refusal !== undefined) return refusal
  const permission = access.check(received, index)
  if (permission !== 'permitted') return permission
  return rates.take(received, index, nowMillis) ? 'answered' : 'rate-limited'
}
