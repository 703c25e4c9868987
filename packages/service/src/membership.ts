import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import type { OnBatch } from './group-batches.ts'
import { choiceByName, type InterfaceChoice } from './group-interfaces.ts'
import { GroupReconciler } from './group-reconciler.ts'
import type { MulticastGroup } from './group-socket.ts'
import type { JoinedGroup } from './joined-groups.ts'
import { readKernelDropsAt } from './kernel-drops.ts'
import { kernelMembers, membershipFacts, type MembershipFacts } from './membership-facts.ts'
import type { MembershipLoss } from './membership-loss.ts'
import { PeriodicLook } from './periodic-look.ts'
import { isPortForbidden } from './port-forbidden.ts'
import { createReceiverTally } from './receiver-tally.ts'
import { exportUdpMetrics, type UdpTally } from './udp-metrics.ts'

/** Where a datagram came from, to which group it was sent, on which interface it came in, and when. */
export interface GroupDatagramSource {
  readonly address: string
  readonly port: number
  readonly group: string
  readonly interface: string
  /** When the kernel received it, in nanoseconds since 1970; without koffi, when it was read. */
  readonly receivedAt: bigint
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
  /**
   * Given, it is called instead of `onDatagram`, with many at once, from sockets of posix (Linux, where koffi is): the
   * kernel tells destination, interface, hop limit, time and drops of each.
   */
  onBatch?: OnBatch | undefined
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
  /** Drops each membership, which the log tells as "left", and closes. */
  stop(): Promise<void>
  /** What is joined now. */
  readonly joined: readonly GroupMembership[]
  /** The same as the kernel reports it back. */
  facts(): Promise<MembershipFacts[]>
  /** Datagrams the kernel dropped for want of buffer so far, those of closed sockets too. */
  kernelDrops(): Promise<number>
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
  readonly #tally: UdpTally
  readonly #groups: GroupReconciler
  readonly #watch: PeriodicLook
  #choice: InterfaceChoice

  constructor(options: MembershipOptions) {
    const { interfaces, watchMillis = 2_000, metrics } = options
    this.#options = options
    this.#choice = interfaces
    this.#tally = createReceiverTally(() => this.#readDrops())
    this.#groups = new GroupReconciler(options, this.#tally, () => this.#watch.isStopped)
    this.#watch = new PeriodicLook(watchMillis, () => this.#reconcileAll())
    exportUdpMetrics(metrics, this.#tally)
  }

  get joined(): GroupMembership[] {
    return this.#groups.joined.memberships
  }

  async start(): Promise<void> {
    this.#choice = choiceByName(this.#choice)
    for (const group of this.#options.groups) await this.#startGroup(group)
    this.#watch.start()
  }

  async stop(): Promise<void> {
    await this.#watch.stop()
    await this.#tally.kernelDrops()
    const left = this.#groups.joined.all.filter(isLeft)
    for (const { group, interface: name } of left) {
      const members = await kernelMembers({ group, interface: name })
      this.#options.log.info({ group, interface: name, members }, 'left')
    }
    await this.#groups.joined.closeAll()
  }

  facts(): Promise<MembershipFacts[]> {
    return membershipFacts(this.#groups.joined.all)
  }

  kernelDrops(): Promise<number> {
    return this.#tally.kernelDrops()
  }

  async #readDrops(): Promise<number> {
    const { groups, port, onBatch } = this.#options
    if (onBatch === undefined)
      return readKernelDropsAt(
        groups.map(({ address }) => address),
        port,
      )
    return this.#groups.joined.all.reduce(
      (sum, { reception }) => sum + (reception.drops?.() ?? 0),
      0,
    )
  }

  async #startGroup(group: MulticastGroup): Promise<void> {
    const { port, log } = this.#options
    const errors = await this.#groups.reconcile(group, this.#choice)
    const forbidden = errors.find(isPortForbidden)
    if (forbidden !== undefined) {
      await this.#groups.joined.closeAll()
      throw forbidden
    }
    log.info({ transport: 'udp', address: group.address, port }, 'listening')
  }

  async #reconcileAll(): Promise<void> {
    for (const group of this.#options.groups) await this.#groups.reconcile(group, this.#choice)
  }
}

/** A membership may have gone with its interface before it was dropped. */
function isLeft({ reception }: JoinedGroup): boolean {
  try {
    reception.leave()
    return true
  } catch {
    return false
  }
}
