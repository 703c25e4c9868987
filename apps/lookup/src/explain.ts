import { lookup } from 'node:dns/promises'

import type { AddressInfo } from '@sockyard/posix/address-info'
import { bytesToPresentation } from '@sockyard/posix/presentation'
import type { LookupAnswer } from '@sockyard/protocol/results'

import { compareDestinations } from './destination-order.ts'
import { type Destination, isIpv4, mappedBytes, scopeName, scopeOf } from './destination.ts'
import { cLibraryTable } from './library-table.ts'
import { addressText } from './numeric-address.ts'
import { labelOf, type PolicyTable, precedenceOf } from './policy-table.ts'
import { sourceAddress } from './source-address.ts'

type Explanation = NonNullable<Extract<LookupAnswer, { kind: 'address' }>['explanation']>

/** Why each address stands where libc has put it, by the address's text (RFC 6724, section 6). */
export async function explainOrder(
  found: readonly AddressInfo[],
  table: PolicyTable = cLibraryTable(),
): Promise<Map<string, Explanation>> {
  const unique = [...new Map(found.map(({ address }) => [addressText(address), address]))]
  const destinations: Destination[] = await Promise.all(
    unique.map(async ([text, { bytes }]) => ({
      address: mappedBytes(bytes),
      source: await sourceAddress(text),
    })),
  )
  return new Map(
    destinations.map((each, index) => [
      unique[index]?.[0] ?? '',
      explain(each, destinations[index + 1], table),
    ]),
  )
}

/** Why `destination` stands before `next`. */
function explain(
  destination: Destination,
  next: Destination | undefined,
  table: PolicyTable,
): Explanation {
  const { address, source } = destination
  return {
    source: source === undefined ? null : plain(source.address),
    scope: scopeName(scopeOf(address)),
    precedence: precedenceOf(table, address),
    label: labelOf(table, address),
    ...verdict(destination, next, table),
  }
}

function verdict(
  destination: Destination,
  next: Destination | undefined,
  table: PolicyTable,
): Pick<Explanation, 'rule' | 'reason' | 'contrary'> {
  if (next === undefined) return { rule: null, reason: 'the last one', contrary: false }
  const { rule, sign, reason } = compareDestinations(destination, next, table)
  if (sign <= 0) return { rule, reason, contrary: false }
  return { rule, reason: `libc's own order; of the next one: ${reason}`, contrary: true }
}

function plain(address: Uint8Array): string {
  return bytesToPresentation(isIpv4(address) ? address.subarray(12) : address)
}

/** Whether Node's dns.lookup orders the addresses the same when it leaves libc's order alone. */
export async function nodeOrder(
  host: string,
  family: 4 | 6 | undefined,
  found: readonly AddressInfo[],
): Promise<LookupAnswer> {
  const libc = [...new Set(found.map(({ address }) => bytesToPresentation(address.bytes)))]
  const node = await lookup(host, { all: true, family: family ?? 0, order: 'verbatim' }).catch(
    () => [],
  )
  const addresses = node.map(({ address }) => address.split('%')[0] ?? address)
  return { kind: 'node-order', addresses, same: addresses.join(' ') === libc.join(' ') }
}
