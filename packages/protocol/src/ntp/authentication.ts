import type { NtpKey } from './keys.ts'
import { verifyMac } from './mac.ts'
import type { NtpPacket } from './packet.ts'
import { isCryptoNak } from './trailer.ts'

/** Why a packet is not authentic. */
export type AuthenticationReason = 'crypto-nak' | 'mac-missing' | 'mac-unknown-key' | 'mac-wrong'

/** Which keys there are, and whether a packet must be signed with one of them. */
export interface Authentication {
  readonly keys: ReadonlyMap<number, NtpKey>
  readonly required: boolean
}

/**
 * Why a packet is not authentic, or null. A MAC that can be checked must be right, required or not;
 * one made with a key we don't have is as good as none.
 */
export function unauthentic(
  packet: NtpPacket,
  { keys, required }: Authentication,
): AuthenticationReason | null {
  if (packet.mac === null) return required ? 'mac-missing' : null
  if (isCryptoNak(packet.mac)) return 'crypto-nak'
  const key = keys.get(packet.mac.keyId)
  if (key === undefined) return required ? 'mac-unknown-key' : null
  return verifyMac(key, packet) ? null : 'mac-wrong'
}
