import type { GroupInterface } from './group-interfaces.ts'
import { kernelGroup } from './kernel-memberships.ts'

/**
 * `interface-gone`: it is down, or away. `interface-replaced`: another one has its name now. `left`: the kernel
 * dropped the membership. `not-chosen`: with `any`, the route to the group moved to another interface.
 */
export type MembershipLoss = 'interface-gone' | 'interface-replaced' | 'left' | 'not-chosen'

/**
 * Whether a membership still holds: undefined when it does, else the one reason why not.
 *
 * @param present the interfaces of this host now
 * @param wanted those of them the group is to be joined on
 */
export function membershipLoss(
  membership: { group: string; interface: string; index: number },
  present: readonly GroupInterface[],
  wanted: readonly GroupInterface[],
): MembershipLoss | undefined {
  const now = present.find(({ name }) => name === membership.interface)
  if (now === undefined) return 'interface-gone'
  if (now.index !== membership.index) return 'interface-replaced'
  if (now.groups?.has(kernelGroup(membership.group)) === false) return 'left'
  return wanted.includes(now) ? undefined : 'not-chosen'
}
