import { isIPv4, isIPv6 } from 'node:net'

import { addressBytes } from './address-bytes.ts'

/** What an IPv4 address looks like to a dual-stack socket (RFC 4291, 2.5.5.2), as Node writes it. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** `::ffff:10.1.1.1` is `10.1.1.1`; every other address stays as it is. */
export function unmapped(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address
}

/**
 * What counts as one peer: an IPv4 address, or an IPv6 /64, which is the least anybody is given and which
 * holds 2^64 addresses to come from. A link-local address counts alone: the whole link shares its /64.
 */
export function peerKey(address: string): string {
  const plain = unmapped(address)
  if (isIPv4(plain) || !isIPv6(plain) || /^fe[89ab]/i.test(plain)) return plain
  const prefix = Uint8Array.from(addressBytes(plain).slice(0, 8))
  return `${prefix.toHex()}/64`
}
