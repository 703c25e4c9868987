import { z } from 'zod'

const ipv4 = z.ipv4()
const ipv6 = z.ipv6()

/**
 * Whether this is the numeric address of a multicast group: 224.0.0.0/4 (RFC 1112) or ff00::/8 (RFC 4291).
 * A zone such as `%eth0` is no part of the address.
 */
export function isMulticast(address: string): boolean {
  return isMulticastIPv4(address) || isMulticastIPv6(address)
}

/**
 * Whether this group is in a range that is joined with a source only: 232.0.0.0/8 or ff3x::/32 (RFC 4607).
 */
export function isSourceSpecific(address: string): boolean {
  if (!isMulticast(address)) return false
  return address.startsWith('232.') || /^ff3[0-9a-f]:(?::|0{1,4}:)/i.test(address)
}

/** The pattern comes first: most addresses are no group, and this is asked about every datagram's source. */
function isMulticastIPv4(address: string): boolean {
  return /^2(?:2[4-9]|3\d)\./.test(address) && ipv4.safeParse(address).success
}

function isMulticastIPv6(address: string): boolean {
  return /^ff[0-9a-f]{2}:/i.test(address) && ipv6.safeParse(address).success
}
