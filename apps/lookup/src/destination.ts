/** The address that a packet would come from. */
export interface SourceAddress {
  /** 16 bytes, IPv4 mapped. */
  address: Uint8Array
  /** RFC 4862, section 5.5.4: its preferred lifetime is over. */
  isDeprecated: boolean
  /** RFC 6275: of a mobile node that is at home. */
  isHome: boolean
  /** Its interface is no tunnel. */
  isNative: boolean
  /** Bits of its network. */
  prefixLength: number
}

/** An address that somebody may be reached at, and where a packet to it would come from. */
export interface Destination {
  /** 16 bytes, IPv4 mapped. */
  address: Uint8Array
  /** Undefined: there is no way to it. */
  source: SourceAddress | undefined
}

const LOOPBACK = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
/** RFC 4007, section 5, and RFC 4291, section 2.7: the numbers of the scopes. */
const LINK_LOCAL = 2
const SITE_LOCAL = 5
const GLOBAL = 14

const SCOPE_NAMES: Readonly<Record<number, string>> = {
  1: 'interface-local',
  [LINK_LOCAL]: 'link-local',
  4: 'admin-local',
  [SITE_LOCAL]: 'site-local',
  8: 'organization-local',
  [GLOBAL]: 'global',
}

/** Puts IPv4 into IPv6 (RFC 6724, section 2.1); 16 bytes stay as they are. */
export function mappedBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16
    ? bytes
    : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes)
}

export function isIpv4(address: Uint8Array): boolean {
  const prefix = address.subarray(0, 12)
  return prefix.every((byte, index) => byte === (index < 10 ? 0 : 0xff))
}

/** How far an address reaches, as a number: larger is farther (RFC 6724, sections 3.1 and 3.2). */
export function scopeOf(address: Uint8Array): number {
  const [first = 0, second = 0] = address
  if (isIpv4(address)) return ipv4Scope(address.subarray(12))
  if (first === 0xff) return second & 0x0f
  if (address.every((byte, index) => byte === LOOPBACK[index])) return LINK_LOCAL
  if (first === 0xfe && (second & 0xc0) === 0x80) return LINK_LOCAL
  return first === 0xfe && (second & 0xc0) === 0xc0 ? SITE_LOCAL : GLOBAL
}

export function scopeName(scope: number): string {
  return SCOPE_NAMES[scope] ?? `scope ${scope}`
}

/** Loopback and 169.254/16 are link-local; private addresses are global (RFC 6724, section 3.2). */
function ipv4Scope([first, second]: Uint8Array): number {
  return first === 127 || (first === 169 && second === 254) ? LINK_LOCAL : GLOBAL
}
