import { openDatagramReception } from './datagram-reception.ts'
import { type NetworkError, networkError } from './errors.ts'
import { GroupBatches } from './group-batches.ts'
import type { GroupInterface } from './group-interfaces.ts'
import type { GroupReception } from './group-reception.ts'
import type { MulticastGroup } from './group-socket.ts'
import { type JoinedGroups, membershipKey } from './joined-groups.ts'
import { showOptionsOf } from './listening-sockets.ts'
import type { GroupMembership, MembershipOptions } from './membership.ts'
import type { Reception } from './receive-on.ts'
import type { UdpTally } from './udp-metrics.ts'

/** Joins groups, each time on a new socket, and says once why one cannot be joined. */
export class GroupJoiner {
  readonly #options: MembershipOptions
  readonly #reception: Reception
  readonly #batches: GroupBatches | undefined
  readonly #joined: JoinedGroups
  /** What is not joined because of an error, so that each error is logged once. */
  readonly #failed = new Map<string, string>()

  constructor(options: MembershipOptions, tally: UdpTally, joined: JoinedGroups) {
    this.#options = options
    this.#reception = { options, tally, failed: 'multicast failed' }
    this.#batches = options.onBatch && new GroupBatches(options.onBatch)
    this.#joined = joined
  }

  /** Gives the error, if any; what comes and goes with networks is tried again at the next look. */
  async tryJoin(group: MulticastGroup, on: GroupInterface): Promise<NetworkError | undefined> {
    const membership = { group: group.address, interface: on.name }
    try {
      await this.#join(group, on, membership)
      this.#failed.delete(membershipKey(membership))
      return undefined
    } catch (error) {
      const failure = networkError(error, group.address, this.#options.port)
      this.#say(membership, failure.message)
      return failure
    }
  }

  async #join(group: MulticastGroup, on: GroupInterface, place: GroupMembership): Promise<void> {
    const { port, log } = this.#options
    const parts = [group, on, port, this.#reception] as const
    const reception =
      this.#batches === undefined
        ? await openDatagramReception(...parts)
        : this.#batches.open(...parts)
    const shown = await this.#shown(place.group, reception)
    this.#joined.add({ ...place, index: on.index, reception: shown })
    log.info(place, 'joined')
    this.#options.onJoined?.(place)
  }

  /** GET /options of the admin endpoint tells of it until it is closed; what cannot be shown is closed at once. */
  async #shown(address: string, reception: GroupReception): Promise<GroupReception> {
    const { port, metrics } = this.#options
    const { target } = reception
    try {
      const hide = showOptionsOf(metrics, { transport: 'udp', address, port, target })
      const close = (): Promise<void> => {
        hide()
        return reception.close()
      }
      return { ...reception, close }
    } catch (error) {
      await reception.close()
      throw error
    }
  }

  #say(membership: GroupMembership, error: string): void {
    const key = membershipKey(membership)
    if (this.#failed.get(key) !== error)
      this.#options.log.warn({ ...membership, error }, 'cannot join')
    this.#failed.set(key, error)
  }
}
