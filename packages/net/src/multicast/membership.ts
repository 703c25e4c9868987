import { getSocketOption } from '@sockyard/posix/options'

import { checkZone, type InterfaceChoice, interfaceChoice } from '../address/interfaces.ts'
import { isPortForbidden } from '../errors/errors.ts'
import type { NetworkError } from '../errors/errors.ts'
import type { TrafficReport } from '../peers/peer-traffic.ts'
import type { UdpCounters } from '../udp/udp-counters.ts'
import { chooseInterfaces, type GroupInterface, presentInterfaces } from './interfaces.ts'
import { kernelGroup, readKernelGroups } from './kernel-groups.ts'
import { Poller } from './poller.ts'
import {
  type GroupMembership,
  hasZoneOf,
  type MulticastGroup,
  sourcesOn,
} from './receive-context.ts'
import {
  type OpenSocket,
  ReceiverSockets,
  type ReceiverSocketsOptions,
} from './receiver-sockets.ts'

/** Which groups are joined, and where (RFC 3376, RFC 3810). */
export interface MembershipOptions extends ReceiverSocketsOptions {
  /** IPv4 and IPv6 may be mixed. */
  readonly groups: readonly MulticastGroup[]
  /** Names or addresses of interfaces, or `any` (the one the route takes), or `all`. */
  readonly interfaces: InterfaceChoice
  /** From the end of one comparison with the kernel's memberships to the next; 2,000 by default. */
  readonly watchMillis?: number
  onLost?(membership: GroupMembership, reason: MembershipLoss): void
}

/**
 * Why a membership ended: its interface went away, or came back as another one of the same name, or the kernel
 * dropped the membership. `not-chosen`: with `any`, the route to the group moved to another interface.
 */
type MembershipLoss = 'interface-gone' | 'interface-replaced' | 'left' | 'not-chosen'

/** A membership as the kernel reports it back. */
interface MembershipFacts extends GroupMembership {
  /** The interface's number. */
  readonly index: number
  /** Sockets of this host that are members there (/proc/net/igmp, igmp6); null where it does not say. */
  readonly members: number | null
  /** IP_MULTICAST_ALL or IPV6_MULTICAST_ALL of the socket; null where native calls are missing. */
  readonly multicastAll: boolean | null
}

type JoinedGroup = OpenSocket<MulticastGroup>

/** The interfaces of each family, listed once in one poll, however many groups there are. */
type Listing = Map<boolean, Promise<GroupInterface[]>>

/**
 * Receives multicast groups, each on a socket of its own for each interface, and keeps receiving them: a network
 * that is disconnected takes the membership away without notice. A lost one is joined again on a new socket, since
 * the kernel lets a socket join the same group about 20 times only (ENOBUFS).
 */
export class MulticastMembership {
  readonly #options: MembershipOptions
  readonly #choice: InterfaceChoice
  readonly #sockets: ReceiverSockets<MulticastGroup>
  readonly #poller: Poller

  /** @throws {ConfigurationError} when an interface, or the zone of a source, does not exist, naming those that do */
  constructor(options: MembershipOptions) {
    for (const source of options.groups.flatMap(({ sources = [] }) => sources))
      checkZone(source, '--source')
    const { interfaces, watchMillis = 2_000 } = options
    this.#options = options
    this.#choice = interfaceChoice(interfaces)
    this.#sockets = new ReceiverSockets(options)
    this.#poller = new Poller(watchMillis, async () => void (await this.#reconcile()))
  }

  /** What its sockets have received together. */
  get counters(): readonly [UdpCounters] {
    return [this.#sockets.counters]
  }

  /** As `ReceiverSockets.traffic`. */
  traffic(): TrafficReport {
    return this.#sockets.traffic()
  }

  /** The sockets that are open now. */
  listening(): ReturnType<ReceiverSockets<unknown>['listening']> {
    return this.#sockets.listening()
  }

  /** What is joined now. */
  get joined(): GroupMembership[] {
    return this.#sockets.all.map(({ membership }) => membership)
  }

  /**
   * Joins what can be joined now, and logs "listening" for each group. An interface that is away is joined
   * when it comes (back).
   *
   * @throws {NetworkError} when a group cannot be bound; AddressInUseError when another program has the port
   *   for itself
   */
  async start(): Promise<void> {
    const { port, log, groups } = this.#options
    const errors = await this.#reconcile()
    const forbidden = errors.find(isPortForbidden)
    if (forbidden !== undefined) {
      await this.#sockets.closeAll()
      throw forbidden
    }
    for (const { address } of groups) log.info({ transport: 'udp', address, port }, 'listening')
    this.#poller.start()
  }

  /** Drops each membership, logged as "left", and closes. */
  async stop(): Promise<void> {
    await this.#poller.stop()
    await this.#sockets.kernelDrops()
    const left = this.#sockets.all.filter(isLeft).map(({ membership }) => membership)
    for (const [membership, members] of await kernelMembers(left))
      this.#options.log.info({ ...membership, members }, 'left')
    await this.#sockets.closeAll()
  }

  /** What is joined now, as the kernel reports it back. */
  async facts(): Promise<MembershipFacts[]> {
    const all = this.#sockets.all
    const members = await kernelMembers(all.map(({ membership }) => membership))
    return all.map((joined) => ({
      group: joined.membership.group,
      interface: joined.on.name,
      index: joined.on.index,
      members: members.get(joined.membership) ?? null,
      multicastAll: multicastAll(joined),
    }))
  }

  /** Datagrams the kernel dropped because the receive buffer was full so far, those of closed sockets too. */
  kernelDrops(): Promise<number> {
    return this.#sockets.kernelDrops()
  }

  /** Gives up what is lost, joins what is not joined; what fails now is tried again at the next poll. */
  async #reconcile(): Promise<NetworkError[]> {
    const listing: Listing = new Map()
    const errors = []
    for (const group of this.#options.groups) errors.push(await this.#reconcileOne(group, listing))
    return errors.flat()
  }

  async #reconcileOne(group: MulticastGroup, listing: Listing): Promise<NetworkError[]> {
    const present = await listed(group.address, listing)
    const wanted = await this.#wanted(group, present)
    for (const joined of this.#sockets.all.filter(({ target }) => target === group)) {
      const reason = lossOf(joined, present, wanted)
      if (reason !== undefined) this.#lose(joined, reason)
    }
    return await this.#joinMissing(group, wanted)
  }

  /** With `any`, also those that the zones of the group's sources name. */
  async #wanted(
    group: MulticastGroup,
    present: readonly GroupInterface[],
  ): Promise<GroupInterface[]> {
    const chosen = await chooseInterfaces(group.address, this.#choice, present)
    const isAny = this.#choice === 'any'
    return present
      .filter((on) => chosen.includes(on) || (isAny && hasZoneOf(group, on)))
      .filter((on) => sourcesOn(group, on)?.length !== 0)
  }

  async #joinMissing(
    group: MulticastGroup,
    wanted: readonly GroupInterface[],
  ): Promise<NetworkError[]> {
    const { address } = group
    const errors: NetworkError[] = []
    for (const on of wanted) {
      if (this.#poller.isStopped || this.#sockets.has(address, on)) continue
      const socketFor = { address, on, target: group }
      const error = await this.#sockets.tryOpen(
        socketFor,
        (socket) => socket.join(group),
        'cannot join',
      )
      if (error !== undefined) errors.push(error)
      else this.#options.log.info({ group: address, interface: on.name }, 'joined')
    }
    return errors
  }

  #lose(joined: JoinedGroup, reason: MembershipLoss): void {
    void this.#sockets.close(joined)
    this.#options.log.warn({ ...joined.membership, reason }, 'membership lost')
    this.#options.onLost?.(joined.membership, reason)
  }
}

function listed(group: string, listing: Listing): Promise<GroupInterface[]> {
  const isIPv6 = group.includes(':')
  const known = listing.get(isIPv6) ?? presentInterfaces(group)
  listing.set(isIPv6, known)
  return known
}

/** Why a membership holds no longer; undefined when it does. */
function lossOf(
  { membership, on }: JoinedGroup,
  present: readonly GroupInterface[],
  wanted: readonly GroupInterface[],
): MembershipLoss | undefined {
  const now = present.find(({ name }) => name === on.name)
  if (now === undefined) return 'interface-gone'
  if (now.index !== on.index) return 'interface-replaced'
  if (now.groups?.has(kernelGroup(membership.group)) === false) return 'left'
  return wanted.includes(now) ? undefined : 'not-chosen'
}

/** A membership may have gone with its interface before it was dropped. */
function isLeft({ socket, target }: JoinedGroup): boolean {
  try {
    socket.leave(target)
    return true
  } catch {
    return false
  }
}

/** How many sockets of this host are members; null where the kernel does not say. */
async function kernelMembers(
  memberships: readonly GroupMembership[],
): Promise<Map<GroupMembership, number | null>> {
  const kernel = { IPv4: await readKernelGroups(4), IPv6: await readKernelGroups(6) }
  return new Map(
    memberships.map((membership) => {
      const { group, interface: name } = membership
      const interfaces = kernel[group.includes(':') ? 'IPv6' : 'IPv4']
      const members = interfaces?.get(name)?.groups.get(kernelGroup(group)) ?? 0
      return [membership, interfaces === undefined ? null : members]
    }),
  )
}

function multicastAll({ membership, socket }: JoinedGroup): boolean | null {
  const isIPv6 = membership.group.includes(':')
  try {
    return getSocketOption(socket.target, isIPv6 ? 'IPV6_MULTICAST_ALL' : 'IP_MULTICAST_ALL')
  } catch {
    // No native calls, or for IPv6 a Linux before 4.20.
    return null
  }
}
