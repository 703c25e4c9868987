import type { AddressList } from '@sockyard/service/address-list'
import type { RateLimiter } from '@sockyard/service/rate-limiter'
import { peerKey } from '@sockyard/service/source-address'
import type { SourceRefusal } from '@sockyard/service/source-rules'

/** Why an internal service does not answer a datagram, the first that fits. */
export type DatagramRefusal = SourceRefusal | 'denied' | 'not-allowed' | 'rate-limited'

export interface DatagramRules {
  refusedSource: (source: { address: string; port: number }) => SourceRefusal | undefined
  ownPorts: ReadonlySet<number>
  addresses: AddressList
  limiter: RateLimiter
}

/** Undefined when a datagram from there is answered. Only then a token is taken of its source. */
export function datagramRefusal(
  source: { address: string; port: number },
  { refusedSource, ownPorts, addresses, limiter }: DatagramRules,
): DatagramRefusal | undefined {
  const refusal = refusedSource(source)
  if (refusal !== undefined) return refusal
  if (ownPorts.has(source.port)) return 'own-port'
  const access = addresses.check(source.address)
  if (access !== 'permitted') return access
  return limiter.take(peerKey(source.address)) === 'within' ? undefined : 'rate-limited'
}
