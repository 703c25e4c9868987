import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import { findInterface, listInterfaces, type NetworkInterface } from './interfaces.ts'
import { readKernelMemberships } from './kernel-memberships.ts'

/**
 * `any`: the one interface the route to the group uses; where there is none, the first that is up.
 * `all`: every interface that is up, loopback too. Or the names of interfaces.
 */
export type InterfaceChoice = 'any' | 'all' | readonly string[]

/** An interface on which groups of one family can be joined now. */
export interface GroupInterface extends NetworkInterface {
  /** As the kernel counts them; 0 where it does not say. */
  readonly index: number
  /** The first IPv4 address, by which IPv4 groups are joined; for IPv6 groups the zone, `::%eth0`. */
  readonly joinAddress: string
  /** The groups joined there, by anybody on this host; undefined where the kernel does not say. */
  readonly groups: Pick<ReadonlyMap<string, number>, 'has'> | undefined
}

/** The interfaces of this host that are up and have an address of the group's family, at this moment. */
export async function presentInterfaces(group: string): Promise<GroupInterface[]> {
  const ipv6 = isIPv6(group)
  const kernel = await readKernelMemberships(ipv6 ? 6 : 4)
  return listInterfaces().flatMap((each) => {
    const joinAddress = ipv6 ? each.ipv6[0] && `::%${each.name}` : each.ipv4[0]
    if (joinAddress === undefined) return []
    const index = kernel?.get(each.name)?.index ?? 0
    const groups = kernel === undefined ? undefined : (kernel.get(each.name)?.groups ?? new Map())
    return [{ ...each, index, joinAddress, groups }]
  })
}

/**
 * The same choice with names only, where addresses may have been given.
 *
 * @throws {UsageError} when an interface does not exist, naming those that do
 */
export function choiceByName(choice: InterfaceChoice): InterfaceChoice {
  return typeof choice === 'string' ? choice : choice.map((wanted) => findInterface(wanted).name)
}

/** Which of them the group is to be joined on. */
export async function chooseInterfaces(
  group: string,
  choice: InterfaceChoice,
  present: readonly GroupInterface[],
): Promise<readonly GroupInterface[]> {
  if (choice === 'all') return present
  if (choice !== 'any') return present.filter(({ name }) => choice.includes(name))
  const source = await sourceAddressTo(group)
  const routed = present.find((each) => source !== undefined && has(each, source))
  const first = routed ?? present.find(({ internal }) => !internal) ?? present[0]
  return first === undefined ? [] : [first]
}

function has({ name, ipv4, ipv6 }: NetworkInterface, source: string): boolean {
  const [address = '', zone = name] = source.split('%')
  return zone === name && [...ipv4, ...ipv6].includes(address)
}

/** Which of our addresses the kernel would send from: a connected datagram socket knows, and sends nothing. */
function sourceAddressTo(group: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(group) ? 'udp6' : 'udp4')
  return new Promise((resolve) => {
    const finish = (address?: string): void => {
      socket.close()
      resolve(address)
    }
    socket.once('error', () => finish())
    // The port is of no matter: 9 is discard (RFC 863).
    socket.connect(9, group, () => finish(socket.address().address))
  })
}
