import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

import { UsageError } from './errors.ts'

/** A network interface that is up and has an address. */
export interface NetworkInterface {
  readonly name: string
  /** In the order of the system; empty when it has none of that family. */
  readonly ipv4: readonly string[]
  /** Without zone ids. */
  readonly ipv6: readonly string[]
  /** The loopback interface. */
  readonly internal: boolean
}

/** Every interface that is up, in the order of the system. */
export function listInterfaces(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): NetworkInterface[] {
  return Object.entries(interfaces).map(([name, addresses = []]) => ({
    name,
    ipv4: ofFamily(addresses, 'IPv4'),
    ipv6: ofFamily(addresses, 'IPv6'),
    internal: addresses.some(({ internal }) => internal),
  }))
}

function ofFamily(addresses: NetworkInterfaceInfo[], family: 'IPv4' | 'IPv6'): string[] {
  return addresses.filter((each) => each.family === family).map(({ address }) => address)
}

/**
 * The interface with this name or one of its addresses: `eth0`, `192.0.2.2`, `fe80::1%eth0`. Given to Node as
 * it is, a name that does not exist would mean the default interface, without an error.
 *
 * @param wanted a link-local address needs its zone when several interfaces have it; a number is no zone
 * @throws {UsageError} when there is none, naming those that exist
 */
export function findInterface(
  wanted: string,
  interfaces: readonly NetworkInterface[] = listInterfaces(),
  field = '--interface',
): NetworkInterface {
  const [address = '', zone] = wanted.split('%')
  const found = interfaces.find(
    ({ name, ipv4, ipv6 }) =>
      name === wanted ||
      ((zone === undefined || zone === name) && [...ipv4, ...ipv6].includes(address.toLowerCase())),
  )
  if (found !== undefined) return found
  throw new UsageError(field, wanted, `no such interface; there are ${described(interfaces)}`)
}

function described(interfaces: readonly NetworkInterface[]): string {
  const each = interfaces.map(
    ({ name, ipv4, ipv6 }) => `${name} (${[...ipv4, ...ipv6].join(', ')})`,
  )
  return each.length === 0 ? 'none' : each.join(', ')
}
