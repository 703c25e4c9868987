import { type Destination, isIpv4, scopeName, scopeOf, type SourceAddress } from './destination.ts'
import { commonPrefix, labelOf, type PolicyTable, precedenceOf } from './policy-table.ts'

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

const unchanged: Comparison = { rule: 10, sign: 0, reason: 'nothing else decides: the order stays' }

/** Rule 1: avoid unusable destinations. */
function byReach(first: Destination, second: Destination): Comparison {
  if (isReachable(first) === isReachable(second)) return unchanged
  const sign = isReachable(first) ? -1 : 1
  return { rule: 1, sign, reason: 'there is a way to it' }
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
