import { BlockList, isIP } from 'node:net'

import { UsageError } from './errors.ts'
import { unmapped } from './source-address.ts'

export type AddressVerdict = 'permitted' | 'denied' | 'not-allowed'

export interface AddressList {
  /**
   * `denied`: on the deny list, which always wins. `not-allowed`: there is an allow list and it is not on it.
   *
   * @param address as Node gives it: a zone id and an IPv4-mapped form are understood
   */
  check(address: string): AddressVerdict
}

/**
 * The lists of `--allow` and `--deny`: CIDR blocks (`10.0.0.0/8`, `2001:db8::/32`) or single addresses.
 * With an empty allow list everybody is allowed who is not denied.
 *
 * @throws {UsageError} for an entry that is neither, naming it
 */
export function createAddressList(lists: {
  allow?: readonly string[]
  deny?: readonly string[]
}): AddressList {
  const { allow = [], deny = [] } = lists
  const allowed = blockList('--allow', allow)
  const denied = blockList('--deny', deny)
  return {
    check: (address) => {
      if (deny.length > 0 && has(denied, address)) return 'denied'
      return allow.length === 0 || has(allowed, address) ? 'permitted' : 'not-allowed'
    },
  }
}

/** BlockList does not look for the family by itself (nodejs/node#56079), nor past a zone id. */
function has(list: BlockList, address: string): boolean {
  const plain = unmapped(address.split('%', 1)[0] ?? '')
  const family = isIP(plain)
  return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

function blockList(field: string, entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const block = parseBlock(entry)
    if (block === undefined)
      throw new UsageError(field, entry, 'must be an address or a block such as 10.0.0.0/8')
    list.addSubnet(block.address, block.prefix, block.family)
  }
  return list
}

/** An IPv4-mapped block, `::ffff:10.0.0.0/104`, is the IPv4 block that it means. */
function parseBlock(
  entry: string,
): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [given = '', length, ...rest] = entry.split('/')
  if (isIP(given) === 0 || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length)))
    return undefined
  const address = unmapped(given)
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  const bits = family === 'ipv4' ? 32 : 128
  const prefix = length === undefined ? bits : Number(length) - (address === given ? 0 : 96)
  return prefix < 0 || prefix > bits ? undefined : { address, prefix, family }
}
