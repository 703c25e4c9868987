import { getSocketOption } from '@sockyard/posix/socket-options'

import type { GroupReception } from './group-reception.ts'
import type { JoinedGroup } from './joined-groups.ts'
import { kernelGroup, readKernelMemberships } from './kernel-memberships.ts'
import type { GroupMembership } from './membership.ts'

/** A membership as the kernel reports it back. */
export interface MembershipFacts extends GroupMembership {
  /** The interface's number. */
  readonly index: number
  /** Sockets of this host that are members there (/proc/net/igmp, igmp6); null where it does not say. */
  readonly members: number | null
  /** IP_MULTICAST_ALL or IPV6_MULTICAST_ALL of the socket; null where koffi is absent. */
  readonly multicastAll: boolean | null
}

/** What the kernel says of these memberships now. */
export async function membershipFacts(
  memberships: readonly JoinedGroup[],
): Promise<MembershipFacts[]> {
  return Promise.all(
    memberships.map(async ({ group, interface: name, index, reception }) => ({
      group,
      interface: name,
      index,
      members: await kernelMembers({ group, interface: name }),
      multicastAll: multicastAll(group, reception),
    })),
  )
}

/** How many sockets of this host are members; null where the kernel does not say. */
export async function kernelMembers(membership: GroupMembership): Promise<number | null> {
  const { group, interface: name } = membership
  const kernel = await readKernelMemberships(group.includes(':') ? 6 : 4)
  return kernel === undefined ? null : (kernel.get(name)?.groups.get(kernelGroup(group)) ?? 0)
}

function multicastAll(group: string, { target }: GroupReception): boolean | null {
  const option = group.includes(':') ? 'IPV6_MULTICAST_ALL' : 'IP_MULTICAST_ALL'
  try {
    return getSocketOption(target, option)
  } catch {
    // No koffi, or for IPv6 a Linux before 4.20.
    return null
  }
}
