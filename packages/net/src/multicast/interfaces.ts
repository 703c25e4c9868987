import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import { splitZone } from '../address/addresses.ts'
import {
  type InterfaceChoice,
  listInterfaces,
  type NetworkInterface,
} from '../address/interfaces.ts'
import { readKernelGroups } from './kernel-groups.ts'

/** An interface on which groups of one family can be joined now. */
export interface GroupInterface extends NetworkInterface {
  /** As the kernel counts them; 0 where it does not say. */
  readonly index: number
  /** The first IPv4 address, by which IPv4 groups are joined; for IPv6 groups the zone, `::%eth0`. */
  readonly joinAddress: string
  /** The groups joined there by any process of this host; undefined where the kernel does not say. */
  readonly groups: Pick<ReadonlyMap<string, number>, 'has'> | undefined
}

/**
 * The interfaces of this host that are up and have an address of the group's family, at this moment.
 *
 * @param group an address of that family
 */
export async function presentInterfaces(group: string): Promise<GroupInterface[]> {
  const ipv6 = isIPv6(group)
  const kernel = await readKernelGroups(ipv6 ? 6 : 4)
  return listInterfaces().flatMap((each) => {
    const joinAddress = ipv6 ? each.ipv6[0] && `::%${each.name}` : each.ipv4[0]
    if (joinAddress === undefined) return []
    const index = kernel?.get(each.name)?.index ?? 0
    const groups = kernel === undefined ? undefined : (kernel.get(each.name)?.groups ?? new Map())
    return [{ ...each, index, joinAddress, groups }]
  })
}

/** Those on which the group is to be joined. */
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
  const [address, zone = name] = splitZone(source)
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
