import { parseAddress } from '../wire/address.ts'

/** Where a peer is: a numeric IP address in canonical form and its UDP port (RFC 6951). */
export interface TransportAddress {
  address: string
  port: number
}

/**
 * The path between a peer and us: where the peer is, and which of our own addresses it sends to.
 * What is sent to the peer leaves from that one: it may know no other.
 */
export interface Route extends TransportAddress {
  local: string
}

/** Can a peer have this address? Not multicast, broadcast or unspecified (RFC 9260 5.1.2, 8.4). */
export function isUnicast(address: string): boolean {
  const bytes = parseAddress(address.replace(/%.*/, ''))
  if (!bytes) return false
  const first = bytes[0] ?? 0
  if (bytes.length === 4) return first > 0 && first < 224
  return first !== 0xff && bytes.some((byte) => byte !== 0)
}
