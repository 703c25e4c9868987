import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

import { NativeCallsMissingError } from '@sockyard/posix/ffi'
import { interfaceName } from '@sockyard/posix/socket'

import { ConfigurationError } from '../errors/errors.ts'
import { splitZone } from './addresses.ts'

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

/** Every interface that is up and has an address, in the order of the system. */
export function listInterfaces(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): NetworkInterface[] {
  return [...addressesByInterface(interfaces)].map(([name, addresses]) => ({
    name,
    ipv4: ofFamily(addresses, 'IPv4'),
    ipv6: ofFamily(addresses, 'IPv6'),
    internal: addresses.some(({ internal }) => internal),
  }))
}

/** An address with a label (`eth0:1`, ip-address(8)) is one of the interface; the label is no interface. */
export function addressesByInterface(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): Map<string, NetworkInterfaceInfo[]> {
  const byName = new Map<string, NetworkInterfaceInfo[]>()
  for (const [label, addresses = []] of Object.entries(interfaces)) {
    const name = withoutLabel(label)
    byName.set(name, [...(byName.get(name) ?? []), ...addresses])
  }
  return byName
}

function withoutLabel(name: string): string {
  return name.split(':', 1)[0] ?? name
}

function ofFamily(addresses: NetworkInterfaceInfo[], family: 'IPv4' | 'IPv6'): string[] {
  return addresses.filter((each) => each.family === family).map(({ address }) => address)
}

/**
 * The interface with this name, label, alternative name or one of its addresses: `eth0`, `eth0:1`, `enp3s0`,
 * `192.0.2.2`, `fe80::1%eth0`. Given to Node as it is, a name that does not exist would mean the default interface,
 * without an error.
 *
 * @param wanted a link-local address needs its zone when several interfaces have it; a number is no zone
 * @throws {ConfigurationError} when there is none, naming those that exist, and when it is down or has no address
 */
export function findInterface(
  wanted: string,
  interfaces: readonly NetworkInterface[] = listInterfaces(),
  field = '--interface',
): NetworkInterface {
  const found = lookUp(wanted, interfaces)
  if (found !== undefined) return found
  throw new ConfigurationError(field, wanted, noneOf(interfaces, unusableState(wanted)))
}

/**
 * The name of an interface as `findInterface` finds it, also of one that is down or has no address yet.
 *
 * @throws {ConfigurationError} when there is none, naming those that exist
 */
function findInterfaceName(wanted: string): string {
  const interfaces = listInterfaces()
  const found = lookUp(wanted, interfaces)
  if (found !== undefined) return found.name
  if (unusableState(wanted) !== undefined) return canonicalName(wanted)
  return findInterface(wanted, interfaces).name
}

/**
 * The zone of a link-local address has to be an interface; a number is left to the kernel.
 *
 * @throws {ConfigurationError} when there is no such interface, naming those that exist
 */
export function checkZone(address: string, field: string): void {
  const [, zone] = splitZone(address)
  if (zone === undefined || /^\d+$/.test(zone) || unusableState(zone) !== undefined) return
  const interfaces = listInterfaces()
  if (lookUp(zone, interfaces) !== undefined) return
  throw new ConfigurationError(field, address, noneOf(interfaces))
}

function noneOf(interfaces: readonly NetworkInterface[], state = 'no such interface'): string {
  return `${state}; there are ${described(interfaces)}`
}

function lookUp(
  wanted: string,
  interfaces: readonly NetworkInterface[],
): NetworkInterface | undefined {
  const [address, zone] = splitZone(wanted)
  const found = interfaces.find(
    ({ name, ipv4, ipv6 }) =>
      name === wanted ||
      ((zone === undefined || zone === name) && [...ipv4, ...ipv6].includes(address.toLowerCase())),
  )
  if (found !== undefined || isIP(address) !== 0 || zone !== undefined) return found
  const name = canonicalName(wanted)
  return interfaces.find((each) => each.name === name)
}

/** Of a label or an alternative name the interface's own. */
function canonicalName(wanted: string): string {
  const name = withoutLabel(wanted)
  try {
    return interfaceName(name) ?? name
  } catch (error) {
    if (error instanceof NativeCallsMissingError) return name
    throw error
  }
}

const IFF_UP = 1

/** What keeps an interface from being used that exists; undefined when it does not exist. */
function unusableState(wanted: string): string | undefined {
  const name = canonicalName(wanted)
  const known = read('/proc/net/dev')
    .split('\n')
    .some((line) => line.trim().startsWith(`${name}:`))
  if (!known || name === '') return undefined
  const flags = read(`/sys/class/net/${name}/flags`)
  if (flags !== '' && (Number(flags) & IFF_UP) === 0) return 'the interface is down'
  if (/down/.test(read(`/sys/class/net/${name}/operstate`))) return 'the interface has no carrier'
  return 'the interface has no address'
}

/** Empty where there is no such file. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function described(interfaces: readonly NetworkInterface[]): string {
  const each = interfaces.map(
    ({ name, ipv4, ipv6 }) => `${name} (${[...ipv4, ...ipv6].join(', ')})`,
  )
  return each.length === 0 ? 'none' : each.join(', ')
}

/**
 * `any`: the one interface the route to a group or host uses; where there is none, the first that is up.
 * `all`: every interface that is up, loopback too. Or the names of interfaces.
 */
export type InterfaceChoice = 'any' | 'all' | readonly string[]

/**
 * What the words of `--interface` choose: `any` or `all` by itself, or interfaces by name or address.
 *
 * @param words as the user gave them, or a choice that was made from them
 * @param preset what no words at all mean
 * @returns names, also of interfaces that are down or have no address yet
 * @throws {ConfigurationError} when there is no such interface, naming those that exist
 */
export function interfaceChoice(
  words: InterfaceChoice,
  preset: 'any' | 'all' = 'any',
): InterfaceChoice {
  if (typeof words === 'string') return words
  const [word = preset] = words
  if (words.length < 2 && (word === 'any' || word === 'all')) return word
  return [...new Set(words.map((wanted) => findInterfaceName(wanted)))]
}

/** A /31 has no broadcast address (RFC 3021), and a /32 is one host. */
const LONGEST_PREFIX_WITH_BROADCAST = 30

/**
 * The subnet-directed broadcast address of every IPv4 network this host is on (RFC 919): 192.0.2.255 of
 * 192.0.2.2/24.
 *
 * @param interfaces what os.networkInterfaces() gives
 */
export function broadcastAddresses(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): ReadonlySet<string> {
  return new Set(
    Object.values(interfaces)
      .flatMap((addresses) => addresses ?? [])
      .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? directed(cidr) : [])),
  )
}

/**
 * Those of this host now, or the ones before when there is no descriptor left to ask the kernel with: a service
 * does not end of that.
 */
export function currentBroadcastAddresses(
  before: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  try {
    return broadcastAddresses(networkInterfaces())
  } catch {
    return before
  }
}

function directed(cidr: string): string[] {
  const [address = '', prefix = '32'] = cidr.split('/')
  const length = Number(prefix)
  if (length > LONGEST_PREFIX_WITH_BROADCAST) return []
  const octets = address.split('.').map(Number)
  const hostBits = (index: number): number => 255 >> Math.min(8, Math.max(0, length - index * 8))
  return [octets.map((octet, index) => octet | hostBits(index)).join('.')]
}
