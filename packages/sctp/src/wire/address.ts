import { isIP } from 'node:net'

import { addressBytes } from '@sockyard/net/address'

import { readUint16 } from './bytes.ts'

/** `192.0.2.1` from its four bytes. */
export const formatIpv4 = (bytes: Uint8Array): string => bytes.join('.')

/** An IPv6 address from its sixteen bytes, in the canonical form (RFC 5952). */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => readUint16(bytes, index * 2).toString(16))
  const run = longestZeroRun(groups)
  if (run.length < 2) return groups.join(':')
  const head = groups.slice(0, run.start).join(':')
  return `${head}::${groups.slice(run.start + run.length).join(':')}`
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let end = start
    while (groups[end] === '0') end += 1
    if (end - start > best.length) best = { start, length: end - start }
  }
  return best
}

/** The four or sixteen bytes of a numeric address without a zone; undefined for anything else. */
export function parseAddress(address: string): Uint8Array | undefined {
  if (isIP(address) === 0 || address.includes('%')) return undefined
  return Uint8Array.from(addressBytes(address))
}

/** The same address in one spelling, IPv4-mapped IPv6 as IPv4, so that it can be a key. */
export function canonicalAddress(address: string): string {
  const bytes = address.includes(':') ? parseAddress(address) : undefined
  if (!bytes) return address
  const isMapped = bytes.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff))
  return isMapped ? formatIpv4(bytes.subarray(12)) : formatIpv6(bytes)
}
