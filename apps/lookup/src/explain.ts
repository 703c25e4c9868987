import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'

import type { AddressInfo } from '@sockyard/posix/netdb'
import { inetNtop } from '@sockyard/posix/socket'
import type { LookupAnswer } from '@sockyard/protocol/results'

import {
  compareDestinations,
  type Destination,
  isIpv4,
  mappedBytes,
  scopeName,
  scopeOf,
  type SourceAddress,
} from './destination-order.ts'
import { readIfThere } from './name-service.ts'
import { addressText } from './numeric-address.ts'
import { cLibraryTable, labelOf, type PolicyTable, precedenceOf } from './policy-table.ts'
import { connectUdp } from './sockets.ts'

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
  return inetNtop(isIpv4(address) ? address.subarray(12) : address)
}

/** Whether Node's dns.lookup orders the addresses the same when it leaves libc's order alone. */
export async function nodeOrder(
  host: string,
  family: 4 | 6 | undefined,
  found: readonly AddressInfo[],
): Promise<LookupAnswer> {
  const libc = [...new Set(found.map(({ address }) => inetNtop(address.bytes)))]
  const node = await lookup(host, { all: true, family: family ?? 0, order: 'verbatim' }).catch(
    () => [],
  )
  const addresses = node.map(({ address }) => address.split('%')[0] ?? address)
  return { kind: 'node-order', addresses, same: addresses.join(' ') === libc.join(' ') }
}

/** netdevice(7), if_arp.h: ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_IP6GRE. */
const TUNNELS: ReadonlySet<number> = new Set([768, 769, 776, 778, 823])
/** rtnetlink(7), the flags in /proc/net/if_inet6. */
const IFA_F_HOMEADDRESS = 0x10
const IFA_F_DEPRECATED = 0x20

/**
 * The source address of a packet to an address: a UDP socket is connected to it, which sends nothing, and asked for
 * its own address (RFC 6724, section 8).
 *
 * @param address numeric, with its zone
 * @returns undefined when there is no route to it
 */
async function sourceAddress(address: string): Promise<SourceAddress | undefined> {
  try {
    using socket = await connectUdp({ address, port: 9 })
    const local = socket.localAddress()
    return local === undefined || local.family === 'unix' ? undefined : factsOf(local.bytes)
  } catch {
    return undefined
  }
}

function factsOf(bytes: Uint8Array): SourceAddress {
  const { name, prefixLength } = interfaceOf(inetNtop(bytes))
  const flags = ipv6Flags(bytes)
  return {
    address: mappedBytes(bytes),
    isDeprecated: (flags & IFA_F_DEPRECATED) !== 0,
    isHome: (flags & IFA_F_HOMEADDRESS) !== 0,
    isNative: !TUNNELS.has(Number(readIfThere(`/sys/class/net/${name}/type`))),
    prefixLength: prefixLength ?? bytes.length * 8,
  }
}

function interfaceOf(address: string): { name: string; prefixLength: number | undefined } {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const found = addresses.find((each) => each.address === address)
    if (found !== undefined)
      return { name, prefixLength: Number(found.cidr?.split('/')[1]) || undefined }
  }
  return { name: '', prefixLength: undefined }
}

/** A line of /proc/net/if_inet6: address, interface, prefix length, scope, flags, name; numbers in hexadecimal. */
function ipv6Flags(bytes: Uint8Array): number {
  if (bytes.length !== 16) return 0
  const lines = readIfThere('/proc/net/if_inet6').split('\n')
  const line = lines.find((each) => each.startsWith(bytes.toHex()))
  return Number.parseInt(line?.split(/\s+/)[4] ?? '0', 16)
}
