import { isIP } from 'node:net'

import { inetPton, encodeSocketAddress } from '../socket/socket-address.ts'

/** struct ip_mreq (ip(7)). */
export interface Ipv4Membership {
  group: string
  /** An address of the interface; without one the routes choose. */
  localAddress?: string
  /** It wins over the address; 0, the default, is none. */
  interfaceIndex?: number
}

/** struct ip_mreq_source (ip(7), RFC 4607). */
export interface Ipv4SourceMembership {
  group: string
  source: string
  localAddress?: string
}

/** struct group_req (RFC 3678). */
export interface GroupMembership {
  group: string
  /** 0: the routes choose. */
  interfaceIndex: number
}

/** struct group_source_req (RFC 3678). */
export interface GroupSourceMembership extends GroupMembership {
  source: string
}

/** Room for any address (struct sockaddr_storage). */
const STORAGE_BYTES = 128

/** struct ip_mreqn: the group, an address of the interface, its number. */
export function encodeIpv4Membership(value: Ipv4Membership): Uint8Array | undefined {
  const { group, localAddress = '0.0.0.0', interfaceIndex = 0 } = value
  return joined(ipv4Addresses(group, localAddress), indexBytes(interfaceIndex))
}

/** struct ip_mreq_source: the group, an address of the interface, the source. */
export function encodeIpv4SourceMembership(value: Ipv4SourceMembership): Uint8Array | undefined {
  const { group, localAddress = '0.0.0.0', source } = value
  return ipv4Addresses(group, localAddress, source)
}

/** struct ipv6_mreq: the group, the interface's number. */
export function encodeIpv6Membership({
  group,
  interfaceIndex,
}: GroupMembership): Uint8Array | undefined {
  const bytes = isIP(group) === 6 ? inetPton(group) : undefined
  return joined(bytes, indexBytes(interfaceIndex))
}

/** struct group_req (RFC 3678, 5.1.1). */
export function encodeGroupMembership(value: GroupMembership): Uint8Array | undefined {
  return encodeGroups(value.interfaceIndex, [value.group])
}

/** struct group_source_req (RFC 3678, 5.1.1). */
export function encodeGroupSourceMembership(value: GroupSourceMembership): Uint8Array | undefined {
  const { interfaceIndex, group, source } = value
  return isIP(group) === isIP(source) ? encodeGroups(interfaceIndex, [group, source]) : undefined
}

function encodeGroups(interfaceIndex: number, texts: readonly string[]): Uint8Array | undefined {
  const padding = new Uint8Array(4)
  return joined(indexBytes(interfaceIndex), padding, ...texts.map((text) => storage(text)))
}

/** struct sockaddr_storage; undefined for what is no address. */
function storage(text: string): Uint8Array | undefined {
  const bytes = inetPton(text)
  if (bytes === undefined) return undefined
  const family = bytes.length === 4 ? 'IPv4' : 'IPv6'
  const memory = new Uint8Array(STORAGE_BYTES)
  memory.set(encodeSocketAddress({ family, bytes, port: 0, scope: 0 }))
  return memory
}

/** Undefined when one of them is not an IPv4 address. */
function ipv4Addresses(...texts: readonly string[]): Uint8Array | undefined {
  if (texts.some((text) => isIP(text) !== 4)) return undefined
  return joined(...texts.map(inetPton))
}

/** Undefined when it is no number of an interface. */
function indexBytes(interfaceIndex: number): Uint8Array | undefined {
  if (!Number.isInteger(interfaceIndex) || interfaceIndex < 0 || interfaceIndex > 0x7fff_ffff) {
    return undefined
  }
  return new Uint8Array(Uint32Array.of(interfaceIndex).buffer)
}

function joined(...parts: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  const present = parts.filter((part) => part !== undefined)
  return present.length === parts.length ? Buffer.concat(present) : undefined
}
