import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import type { NetworkError } from './errors.ts'
import {
  choiceByName,
  chooseInterfaces,
  type GroupInterface,
  type InterfaceChoice,
  presentInterfaces,
} from './group-interfaces.ts'
import { GroupJoiner } from './group-joiner.ts'
import type { MulticastGroup } from './group-socket.ts'
import { type JoinedGroup, JoinedGroups } from './joined-groups.ts'
import { membershipLoss, type MembershipLoss } from './membership-loss.ts'
import { PeriodicLook } from './periodic-look.ts'
import { isPortForbidden } from './port-forbidden.ts'
import { createReceiverTally } from './receiver-tally.ts'
import { exportUdpMetrics, type UdpTally } from './udp-metrics.ts'

/** Where a datagram came from, to which group it was sent, and on which interface it came in. */
export interface GroupDatagramSource {
  readonly address: string
  readonly port: number
  readonly group: string
  readonly interface: string
}

/** One group on one interface. */
export interface GroupMembership {
  readonly group: string
  readonly interface: string
}

export interface MembershipOptions {
  /** IPv4 and IPv6 may be mixed. */
  groups: readonly MulticastGroup[]
  /** 1 to 65,535. */
  port: number
  /** Names or addresses of interfaces, or `any` (the kernel's choice), or `all`. */
  interfaces: InterfaceChoice
  /** How often memberships are compared with the kernel's; 2,000 by default. */
  watchMillis?: number
  /** For each group and interface; 4 MiB by default. */
  receiveBufferBytes?: number
  log: Logger
  metrics: Registry
  onDatagram(bytes: Buffer, source: GroupDatagramSource): void
  onJoined?(membership: GroupMembership): void
  onLost?(membership: GroupMembership, reason: MembershipLoss): void
}

export interface Membership {
  /**
   * Joins what can be joined now, and logs "listening" for each group. An interface that is away is joined
   * when it comes (back).
   *
   * @throws {UsageError} when an interface does not exist, naming those that do
   * @throws {NetworkError} when a group cannot be bound; AddressInUseError when another program has the port
   *   for itself
   */
  start(): Promise<void>
  stop(): Promise<void>
  /** What is joined now. */
  readonly joined: readonly GroupMembership[]
}

/**
 * Receives multicast groups, each on its own socket for each interface, and keeps receiving them: a network that
 * is disconnected takes the membership away without a word. A lost one is joined again on a new socket, since the
 * kernel lets a socket join the same group about 20 times only (ENOBUFS).
 */
export function createMembership(options: MembershipOptions): Membership {
  return new WatchedMembership(options)
}

class WatchedMembership implements Membership {
  readonly #options: MembershipOptions
  readonly #joined = new JoinedGroups()
  readonly #tally: UdpTally
  readonly #joiner: GroupJoiner
  readonly #watch: PeriodicLook
  #choice: InterfaceChoice

  constructor(options: MembershipOptions) {
    const { groups, port, interfaces, watchMillis = 2_000, metrics } = options
    this.#options = options
    this.#choice = interfaces
    this.#tally = createReceiverTally(() => groups.map(({ address }) => address), port)
    this.#joiner = new GroupJoiner(options, this.#tally, this.#joined)
    this.#watch = new PeriodicLook(watchMillis, () => this.#reconcileAll())
    exportUdpMetrics(metrics, this.#tally)
  }

  get joined(): GroupMembership[] {
    return this.#joined.memberships
  }

  async start(): Promise<void> {
    this.#choice = choiceByName(this.#choice)
    for (const group of this.#options.groups) await this.#startGroup(group)
    this.#watch.start()
  }

  async stop(): Promise<void> {
    await this.#watch.stop()
    await this.#tally.kernelDrops()
    await this.#joined.closeAll()
  }

  async #startGroup(group: MulticastGroup): Promise<void> {
    const { port, log } = this.#options
    const forbidden = (await this.#reconcile(group)).find(isPortForbidden)
    if (forbidden !== undefined) {
      await this.#joined.closeAll()
      throw forbidden
    }
    log.info({ transport: 'udp', address: group.address, port }, 'listening')
  }

  async #reconcileAll(): Promise<void> {
    for (const group of this.#options.groups) await this.#reconcile(group)
  }

  /** One look at one group: gives up what is lost, joins what is not joined; gives the errors. */
  async #reconcile(group: MulticastGroup): Promise<NetworkError[]> {
    const present = await presentInterfaces(group.address)
    const wanted = await chooseInterfaces(group.address, this.#choice, present)
    for (const membership of this.#joined.of(group.address)) {
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
      const isJoined = this.#joined.has({ group: group.address, interface: on.name })
      if (this.#watch.isStopped || isJoined) continue
      const error = await this.#joiner.tryJoin(group, on)
      if (error !== undefined) errors.push(error)
    }
    return errors
  }

  #lose(membership: JoinedGroup, reason: MembershipLoss): void {
    const { group, interface: name } = membership
    this.#joined.close(membership)
    this.#options.log.warn({ group, interface: name, reason }, 'membership lost')
    this.#options.onLost?.({ group, interface: name }, reason)
  }
}
