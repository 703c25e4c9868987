import { parseAddress } from '../wire/address.ts'

/** Can a peer have this address? Not multicast, broadcast or unspecified (RFC 9260 5.1.2, 8.4). */
export function isUnicast(address: string): boolean {
  const bytes = parseAddress(address.replace(/%.*/, ''))
  if (!bytes) return false
  const first = bytes[0] ?? 0
  if (bytes.length === 4) return first > 0 && first < 224
  return first !== 0xff && bytes.some((byte) => byte !== 0)
}
