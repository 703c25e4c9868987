import type { NetworkError } from './errors.ts'
import {
  chooseInterfaces,
  type GroupInterface,
  type InterfaceChoice,
  presentInterfaces,
} from './group-interfaces.ts'
import { GroupJoiner } from './group-joiner.ts'
import type { MulticastGroup } from './group-socket.ts'
import { type JoinedGroup, JoinedGroups } from './joined-groups.ts'
import { membershipLoss, type MembershipLoss } from './membership-loss.ts'
import type { MembershipOptions } from './membership.ts'
import type { UdpTally } from './udp-metrics.ts'

/** Makes what is joined what should be joined, with the interfaces as they are at the moment. */
export class GroupReconciler {
  readonly joined = new JoinedGroups()
  readonly #options: MembershipOptions
  readonly #joiner: GroupJoiner
  readonly #isStopped: () => boolean

  /** @param isStopped asked before each join: from then on nothing more is joined */
  constructor(options: MembershipOptions, tally: UdpTally, isStopped: () => boolean) {
    this.#options = options
    this.#joiner = new GroupJoiner(options, tally, this.joined)
    this.#isStopped = isStopped
  }

  /** One look at one group: gives up what is lost, joins what is not joined; gives the errors. */
  async reconcile(group: MulticastGroup, choice: InterfaceChoice): Promise<NetworkError[]> {
    const present = await presentInterfaces(group.address)
    const wanted = await chooseInterfaces(group.address, choice, present)
    for (const membership of this.joined.of(group.address)) {
      const reason = membershipLoss(membership, present, wanted)
      if (reason !== undefined) this.#lose(membership, reason)
    }
    return await this.#joinMissing(group, wanted)
  }

  async #joinMissing(
    group: MulticastGroup,
    wanted: readonly GroupInterface[],
  ): Promise<NetworkError[]> {
    const errors: NetworkError[] = []
    for (const on of wanted) {
      const isJoined = this.joined.has({ group: group.address, interface: on.name })
      if (this.#isStopped() || isJoined) continue
      const error = await this.#joiner.tryJoin(group, on)
      if (error !== undefined) errors.push(error)
    }
    return errors
  }

  #lose(membership: JoinedGroup, reason: MembershipLoss): void {
    const { group, interface: name } = membership
    this.joined.close(membership)
    this.#options.log.warn({ group, interface: name, reason }, 'membership lost')
    this.#options.onLost?.({ group, interface: name }, reason)
  }
}
