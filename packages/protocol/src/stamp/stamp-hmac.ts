import { createHmac, timingSafeEqual } from 'node:crypto'

/** HMAC-SHA-256, cut to 128 bits (RFC 8762, section 4.4). */
export const HMAC_BYTES = 16

/** The HMAC of some parts of a packet, one after the other. */
export function hmacOf(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return Uint8Array.from(hmac.digest().subarray(0, HMAC_BYTES))
}

/** The time taken says nothing about the HMAC. */
export function isHmacRight(
  key: Uint8Array,
  parts: readonly Uint8Array[],
  hmac: Uint8Array,
): boolean {
  return hmac.length === HMAC_BYTES && timingSafeEqual(hmac, hmacOf(key, parts))
}
