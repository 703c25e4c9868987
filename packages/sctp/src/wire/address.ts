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
  return address.includes(':') ? parseIpv6(address) : parseIpv4(address)
}

function parseIpv4(address: string): Uint8Array | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return Uint8Array.from(parts, Number)
}

function parseIpv6(address: string): Uint8Array | undefined {
  const [head = '', tail, ...more] = withHexTail(address).split('::')
  if (more.length > 0) return undefined
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  return Uint8Array.from(groups.flatMap((group) => bytesOfGroup(Number.parseInt(group, 16))))
}

const bytesOfGroup = (group: number): number[] => [group >>> 8, group & 0xff]

/** `::ffff:192.0.2.1` as `::ffff:c000:201`. */
function withHexTail(address: string): string {
  const dotted = address.slice(address.lastIndexOf(':') + 1)
  const bytes = dotted.includes('.') ? parseIpv4(dotted) : undefined
  if (!bytes) return address
  const groups = [readUint16(bytes, 0), readUint16(bytes, 2)].map((group) => group.toString(16))
  return address.slice(0, address.length - dotted.length) + groups.join(':')
}

/** The same address in one spelling, IPv4-mapped IPv6 as IPv4, so that it can be a key. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address
  const bytes = parseAddress(address)
  if (!bytes) return address
  const mapped = bytes.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff))
  return mapped ? formatIpv4(bytes.subarray(12)) : formatIpv6(bytes)
}
