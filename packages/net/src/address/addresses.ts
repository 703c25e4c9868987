import { isIPv4, isIPv6 } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

import type { InternetAddress, SocketAddress } from '@sockyard/posix/socket'

/**
 * The 4 bytes of an IPv4 or the 16 of an IPv6 address, in network order. A zone id is left out.
 *
 * @param address numeric, as net.isIP accepts it
 */
export function addressBytes(address: string): number[] {
  const plain = address.split('%', 1)[0] ?? ''
  if (!plain.includes(':')) return plain.split('.').map(Number)
  const [head = '', tail = ''] = plain.split('::')
  const before = groupBytes(head)
  const after = groupBytes(tail)
  const zeros = Array<number>(Math.max(0, 16 - before.length - after.length)).fill(0)
  return [...before, ...zeros, ...after]
}

/** `ff02:1` is ff 02 00 01; the last group may be dotted, as in `ffff:10.1.1.1`. */
function groupBytes(groups: string): number[] {
  if (groups === '') return []
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

/** Eight groups of 16 bits as RFC 5952 has them: the first longest run of two or more zero groups is `::`. */
export function ipv6Text(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':')
  const runs = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)]
  const longest = runs.reduce((best, [run]) => (run.length > best.length ? run : best), '')
  const at = runs.find(([run]) => run === longest)?.index
  if (at === undefined) return text
  const before = text.slice(0, Math.max(0, at - 1))
  const after = text.slice(at + longest.length + 1)
  return `${before}::${after}`
}

/** What an IPv4 address looks like to a dual-stack socket (RFC 4291, 2.5.5.2), as Node writes it. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** `::ffff:10.1.1.1` is `10.1.1.1`; every other address stays as it is. */
export function normalizeMappedAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address
}

/**
 * What counts as one peer: an IPv4 address, or an IPv6 /64, which is the smallest assignment to a site and which
 * holds 2^64 addresses to come from. A link-local address counts alone: the whole link shares its /64.
 */
export function clientPrefix(address: string): string {
  const plain = normalizeMappedAddress(address)
  if (isIPv4(plain) || !isIPv6(plain) || /^fe[89ab]/i.test(plain)) return plain
  const prefix = Uint8Array.from(addressBytes(plain).slice(0, 8))
  return `${prefix.toHex()}/64`
}

/** A zone as RFC 4007 has it, section 11.2: the name of an interface, or its index. */
const NUMBER = /^\d+$/

/** `fe80::1%eth0` as its address and its zone; undefined without one. */
export function splitZone(host: string): [address: string, zone: string | undefined] {
  const [address = '', zone] = host.split('%')
  return [address, zone]
}

/** The index of the interface of `fe80::1%eth0` or `fe80::1%2`; 0 without a zone, or for a name that is not there. */
export function zoneIndex(
  host: string,
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces,
): number {
  const [, zone] = splitZone(host)
  if (zone === undefined) return 0
  if (NUMBER.test(zone)) return Number(zone)
  return scopeOf(interfaces()[zone])
}

/** `fe80::1%2` as `fe80::1%eth0`, which Node understands only; every other address stays as it is. */
export function withZoneName(
  host: string,
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces,
): string {
  const [address, zone] = splitZone(host)
  if (zone === undefined || !NUMBER.test(zone)) return host
  const found = Object.entries(interfaces()).find(
    ([, addresses]) => scopeOf(addresses) === Number(zone),
  )
  return found === undefined ? host : `${address}%${found[0]}`
}

/** Only link-local addresses have a scope: a global one beside them has 0. */
function scopeOf(addresses: readonly NetworkInterfaceInfo[] = []): number {
  const scopes = addresses.map((each) => (each.family === 'IPv6' ? (each.scopeid ?? 0) : 0))
  return scopes.find((scope) => scope > 0) ?? 0
}

/** A numeric address and a port as people write them: `192.0.2.1:53`, `[2001:db8::1]:53`. */
export function formatAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** A numeric address with a port for a system call; `fe80::1%eth0` is valid on that interface only (RFC 4007). */
export function internetAddress(host: string, port: number): InternetAddress {
  const bytes = Uint8Array.from(addressBytes(host))
  const family = bytes.length === 4 ? 'IPv4' : 'IPv6'
  return { family, bytes, port, scope: zoneIndex(host) }
}

/**
 * An address as it is shown and counted: an IPv4-mapped one is IPv4, a link-local one has its zone, as a number.
 *
 * @returns undefined when it is not an address of the internet
 */
export function internetEndpoint(
  from: SocketAddress | undefined,
): { address: string; port: number } | undefined {
  if (from === undefined || from.family === 'unix') return undefined
  const { bytes, port, scope } = from
  if (bytes.length === 4) return { address: bytes.join('.'), port }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (view.getBigUint64(0) === 0n && view.getUint32(8) === 0xffff)
    return { address: bytes.subarray(12).join('.'), port }
  const groups = Array.from({ length: 8 }, (_, group) => view.getUint16(2 * group))
  const zone = scope === 0 ? '' : `%${scope}`
  return { address: `${ipv6Text(groups)}${zone}`, port }
}
