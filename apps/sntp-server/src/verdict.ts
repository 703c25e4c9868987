import {
  checkRequest,
  decodeNtpPacket,
  type NtpKey,
  type NtpPacket,
  type RequestRefusal,
} from '@sockyard/protocol/ntp'
import type { AddressList } from '@sockyard/service/address-list'
import type { DatagramRates } from '@sockyard/service/datagram-rates'
import type { SourceRefusal } from '@sockyard/service/source-rules'
import type { DatagramSource } from '@sockyard/service/udp-endpoint'

/** Why a datagram gets no answer: exactly one reason. */
type Refusal =
  | SourceRefusal
  | 'denied'
  | 'not-allowed'
  | 'malformed'
  | RequestRefusal
  | 'rate-limited'

/** `leaked`: over the rate, and answered all the same. */
export type Verdict =
  | { readonly verdict: 'answered' | 'leaked'; readonly request: NtpPacket }
  | { readonly verdict: Refusal }

export interface Rules {
  /** Sources that nobody can be; NTP clients may use any port, 123 too. */
  refusedSource(source: DatagramSource): SourceRefusal | undefined
  readonly addresses: AddressList
  readonly keys: ReadonlyMap<number, NtpKey>
  readonly rates: DatagramRates
  /** Of what is over the rate about one in so many is answered, lest a forger lock a victim out. */
  readonly leakOneIn: number
}

/**
 * Whether a datagram is answered. Only a request that could be answered takes a token of its source; over the
 * rate there is silence and no kiss code, by which a forger could silence a client (RFC 8633, section 5.4).
 *
 * @param receivedAt nanoseconds since 1970
 */
export function verdictOf(
  bytes: Uint8Array,
  source: DatagramSource,
  receivedAt: bigint,
  rules: Rules,
): Verdict {
  const refusal = rules.refusedSource(source)
  if (refusal !== undefined) return { verdict: refusal }
  const access = rules.addresses.check(source.address)
  if (access !== 'permitted') return { verdict: access }
  const decoded = decodeNtpPacket(bytes, receivedAt)
  if (!decoded.ok) return { verdict: 'malformed' }
  const checked = checkRequest(decoded.value, { keys: rules.keys, required: false })
  if (checked.verdict === 'refuse') return { verdict: checked.reason }
  const request = decoded.value
  if (rules.rates.takeFrom(source.address, performance.now()))
    return { verdict: 'answered', request }
  const isLeaked = Math.random() * rules.leakOneIn < 1
  return isLeaked ? { verdict: 'leaked', request } : { verdict: 'rate-limited' }
}
