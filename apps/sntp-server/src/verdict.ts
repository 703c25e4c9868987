import { type DatagramRules, type DatagramRejection, sourceVerdict } from '@sockyard/net/access'
import type { Datagrams } from '@sockyard/net/udp'
import {
  checkRequest,
  decodeNtpPacket,
  type NtpKey,
  type NtpPacket,
  type RequestRefusal,
} from '@sockyard/protocol/ntp'

/** `leaked`: over the rate, and answered all the same. Everything else is a reason why there is no answer. */
export const VERDICTS = [
  'answered',
  'leaked',
  'port-zero',
  'low-port',
  'own-port',
  'mapped-source',
  'unspecified-source',
  'multicast-source',
  'broadcast-source',
  'multicast-destination',
  'broadcast-destination',
  'denied',
  'not-allowed',
  'malformed',
  'mode',
  'version',
  'crypto-nak',
  'mac-missing',
  'mac-unknown-key',
  'mac-wrong',
  'rate-limited',
  'total-limited',
] as const satisfies readonly (
  | 'answered'
  | 'leaked'
  | 'malformed'
  | 'total-limited'
  | RequestRefusal
  | DatagramRejection
)[]

/** What becomes of a datagram: it is answered, or there is exactly one reason why not. */
export type Verdict =
  | { readonly verdict: 'answered' | 'leaked'; readonly request: NtpPacket }
  | { readonly verdict: Exclude<(typeof VERDICTS)[number], 'answered' | 'leaked'> }

export interface Rules extends DatagramRules {
  readonly keys: ReadonlyMap<number, NtpKey>
}

/**
 * Whether a datagram is answered. Only a request that could be answered takes a token of its source; over the
 * rate there is silence and no kiss code, by which a forger could silence a client (RFC 8633, section 5.4).
 *
 * @param receivedAt nanoseconds since 1970
 */
export function verdictOf(
  datagrams: Datagrams,
  index: number,
  receivedAt: bigint,
  rules: Rules,
): Verdict {
  const permission = sourceVerdict(datagrams, index, rules)
  if (permission !== 'permitted') return { verdict: permission }
  const decoded = decodeNtpPacket(datagrams.bytes(index), receivedAt)
  if (!decoded.ok || datagrams.truncated(index)) return { verdict: 'malformed' }
  const checked = checkRequest(decoded.value, { keys: rules.keys, required: false })
  if (checked.verdict === 'refuse') return { verdict: checked.reason }
  const rate = rules.limiter.takeSource(datagrams, index)
  if (rate === 'limited') return { verdict: 'rate-limited' }
  if (rate === 'total-limited') return { verdict: rate }
  return { verdict: rate === 'within' ? 'answered' : 'leaked', request: decoded.value }
}
