import type { AddressList } from '@sockyard/service/address-list'
import type { SourceRefusal } from '@sockyard/service/source-rules'
import type { DatagramSource } from '@sockyard/service/udp-endpoint'

/** What becomes of a datagram: it is answered, or there is exactly one reason why not, the first that fits. */
export const VERDICTS = [
  'answered',
  'port-zero',
  'low-port',
  'own-port',
  'unspecified-source',
  'multicast-source',
  'broadcast-source',
  'multicast-destination',
  'broadcast-destination',
  'denied',
  'not-allowed',
  'rate-limited',
  'busy',
] as const

export type Verdict = (typeof VERDICTS)[number]

export interface Rules {
  /** Who is never answered, so that nothing loops and nobody is flooded by us (CERT CA-1996-01). */
  refusedSource(source: DatagramSource): SourceRefusal | undefined
  /** `--allow` and `--deny`. */
  addresses: AddressList
  /** `--rate-limit`: whether this source may be answered once more. */
  take(address: string): boolean
}

/**
 * Whether a datagram is echoed. The payload never matters (RFC 862), only where it says it comes from.
 * Only a datagram that may be answered takes a token of its source.
 */
export function verdictOf(source: DatagramSource, rules: Rules): Verdict {
  const refusal = rules.refusedSource(source)
  if (refusal !== undefined) return refusal
  const access = rules.addresses.check(source.address)
  if (access !== 'permitted') return access
  return rules.take(source.address) ? 'answered' : 'rate-limited'
}
