import type { AddressList, AddressVerdict } from './address-list.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { peerKey } from './source-address.ts'
import type { SourceRefusal } from './source-rules.ts'

/** What becomes of a datagram that asks: it is answered, or there is exactly one reason why not. */
export type DatagramVerdict =
  | 'answered'
  | SourceRefusal
  | Exclude<AddressVerdict, 'permitted'>
  | 'rate-limited'

export interface DatagramVerdictRules {
  /** Who is never answered, so that nothing loops and nobody is flooded by us (CERT CA-1996-01). */
  refusedSource: (source: { address: string; port: number }) => SourceRefusal | undefined
  /** `--allow` and `--deny`. */
  addresses: AddressList
  /** `--rate-limit` */
  limiter: RateLimiter
}

/** Only a datagram that may be answered takes a token of its source. */
export function datagramVerdict(
  source: { address: string; port: number },
  { refusedSource, addresses, limiter }: DatagramVerdictRules,
): DatagramVerdict {
  const refusal = refusedSource(source)
  if (refusal !== undefined) return refusal
  const access = addresses.check(source.address)
  if (access !== 'permitted') return access
  return limiter.take(peerKey(source.address)) === 'within' ? 'answered' : 'rate-limited'
}
