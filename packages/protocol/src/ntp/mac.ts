import { createHash, timingSafeEqual } from 'node:crypto'

import { aesCmac } from './aes-cmac.ts'
import { encodeUnsigned } from './encode.ts'
import type { NtpKey } from './keys.ts'
import type { NtpFields } from './packet.ts'
import type { NtpMac } from './trailer.ts'

/** RFC 7822 leaves 20 octets to a digest; chrony (version 4) and ntpd (all) cut longer ones there. */
const LONGEST_DIGEST = 20

function digestOf({ type, secret }: NtpKey, message: Uint8Array): Uint8Array {
  if (type === 'AES128') return aesCmac(secret, message)
  return createHash(type).update(secret).update(message).digest()
}

/**
 * The MAC of a packet: AES-CMAC (RFC 8573), or a hash of key and packet (RFC 5905, section 7.3).
 *
 * @param fields the packet; a MAC already in it does not count
 * @param digestBytes the longest digest wanted. A reply takes its request's: chrony sends whole
 *   SHA256 digests (32 octets) in version 3, ntpd never.
 */
export function macOf(key: NtpKey, fields: NtpFields, digestBytes = LONGEST_DIGEST): NtpMac {
  return { keyId: key.id, digest: digestOf(key, encodeUnsigned(fields)).slice(0, digestBytes) }
}

/** A whole digest always counts, a cut one only where it is cut by the rule. */
function lengthIsRight(received: number, whole: number): boolean {
  return received === whole || received === Math.min(whole, LONGEST_DIGEST)
}

/** Whether a packet's MAC was made with this key. The time taken says nothing about the digest. */
export function verifyMac(key: NtpKey, fields: NtpFields): boolean {
  if (fields.mac === null || fields.mac.keyId !== key.id) return false
  const { digest } = fields.mac
  const expected = digestOf(key, encodeUnsigned(fields))
  if (!lengthIsRight(digest.length, expected.length)) return false
  return timingSafeEqual(digest, expected.subarray(0, digest.length))
}
