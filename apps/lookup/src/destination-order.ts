import { commonPrefix, labelOf, type PolicyTable, precedenceOf } from './policy-table.ts'

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

/** A destination address, and the source address of a packet to it. */
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

/** Why one destination comes before the other. */
export interface Comparison {
  /** RFC 6724, section 6: 1 to 10. */
  rule: number
  /** Below 0: the first one is preferred; above: the second; 0: rule 10, the order stays. */
  sign: number
  /** In words, of the preferred one. */
  reason: string
}

interface Rule {
  number: number
  /** Below 0 when the first one is preferred. */
  compare: (first: Reachable, second: Reachable, table: PolicyTable) => number
  reason: (preferred: Reachable, other: Reachable, table: PolicyTable) => string
}

/** Both have a source: after rule 1 that is so. */
interface Reachable {
  address: Uint8Array
  source: SourceAddress
}

/** RFC 6724, section 6, rules 2 to 9. */
const RULES: readonly Rule[] = [
  {
    number: 2,
    compare: prefers(({ address, source }) => scopeOf(address) === scopeOf(source.address)),
    reason: ({ address }) => `its source has its scope, ${scopeName(scopeOf(address))}`,
  },
  {
    number: 3,
    compare: prefers(({ source }) => !source.isDeprecated),
    reason: () => 'its source is not deprecated',
  },
  {
    number: 4,
    compare: prefers(({ source }) => source.isHome),
    reason: () => 'its source is a home address',
  },
  {
    number: 5,
    compare: prefers(
      ({ address, source }, table) => labelOf(table, address) === labelOf(table, source.address),
    ),
    reason: ({ address }, _, table) => `its source has its label, ${labelOf(table, address)}`,
  },
  {
    number: 6,
    compare: (first, second, table) =>
      precedenceOf(table, second.address) - precedenceOf(table, first.address),
    reason: (preferred, other, table) =>
      `its precedence is higher, ${precedenceOf(table, preferred.address)} over ${precedenceOf(table, other.address)}`,
  },
  {
    number: 7,
    compare: prefers(({ source }) => source.isNative),
    reason: () => 'it is reached without a tunnel',
  },
  {
    number: 8,
    compare: (first, second) => scopeOf(first.address) - scopeOf(second.address),
    reason: ({ address }, other) =>
      `its scope is smaller, ${scopeName(scopeOf(address))} under ${scopeName(scopeOf(other.address))}`,
  },
  {
    number: 9,
    compare: (first, second) =>
      isIpv4(first.address) === isIpv4(second.address) ? sharedBits(second) - sharedBits(first) : 0,
    reason: (preferred, other) =>
      `it shares more bits with its source, ${sharedBits(preferred)} over ${sharedBits(other)}`,
  },
]

/**
 * Which of two destinations comes first, and by which rule (RFC 6724, section 6). Rule 9 is followed as glibc
 * does, which the RFC allows: an IPv4 address counts only when it is on the network of its source.
 */
export function compareDestinations(
  first: Destination,
  second: Destination,
  table: PolicyTable,
): Comparison {
  if (!isReachable(first) || !isReachable(second)) return byReach(first, second)
  for (const rule of RULES) {
    const sign = rule.compare(first, second, table)
    if (sign < 0) return { rule: rule.number, sign, reason: rule.reason(first, second, table) }
    if (sign > 0) return { rule: rule.number, sign, reason: rule.reason(second, first, table) }
  }
  return unchanged
}

const unchanged: Comparison = { rule: 10, sign: 0, reason: 'no rule decides: the order is kept' }

/** Rule 1: avoid unusable destinations. */
function byReach(first: Destination, second: Destination): Comparison {
  if (isReachable(first) === isReachable(second)) return unchanged
  const sign = isReachable(first) ? -1 : 1
  return { rule: 1, sign, reason: 'it is reachable' }
}

function isReachable(destination: Destination): destination is Destination & Reachable {
  return destination.source !== undefined
}

function prefers(holds: (one: Reachable, table: PolicyTable) => boolean): Rule['compare'] {
  return (first, second, table) => Number(holds(second, table)) - Number(holds(first, table))
}

/** CommonPrefixLen of section 2.2, which ends at the source's own prefix; of IPv4 as glibc has it. */
function sharedBits({ address, source }: Reachable): number {
  const bits = commonPrefix(address, source.address)
  if (!isIpv4(address)) return Math.min(bits, source.prefixLength)
  return bits - 96 >= source.prefixLength ? bits - 96 : 0
}
