import type { RemoteInfo, Socket } from 'node:dgram'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import { type NetworkError, networkError } from './errors.ts'
import {
  chooseInterfaces,
  type GroupInterface,
  type InterfaceChoice,
  presentInterfaces,
} from './group-interfaces.ts'
import { type MulticastGroup, openGroupSocket } from './group-socket.ts'
import { findInterface } from './interfaces.ts'
import { membershipLoss, type MembershipLoss } from './membership-loss.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import { createReceiverTally } from './receiver-tally.ts'
import { exportUdpMetrics } from './udp-metrics.ts'

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

interface Joined extends GroupMembership {
  readonly index: number
  readonly socket: Socket
}

/** A port that is not ours to have; any other error may pass with the network. */
const FORBIDDING: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES'])

/**
 * Receives multicast groups, each on its own socket for each interface, and keeps receiving them: a network that
 * is disconnected takes the membership away without a word. A lost one is joined again on a new socket, since the
 * kernel lets a socket join the same group about 20 times only (ENOBUFS).
 */
export function createMembership(options: MembershipOptions): Membership {
  const { groups, port, log, watchMillis = 2_000, receiveBufferBytes = 4 * 1024 * 1024 } = options
  const joined = new Map<string, Joined>()
  /** What is not joined because of an error, so that each error is logged once. */
  const failed = new Map<string, string>()
  const tally = createReceiverTally(() => groups.map(({ address }) => address), port)
  let choice = options.interfaces
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let stopped = false
  exportUdpMetrics(options.metrics, tally)

  const lose = (membership: Joined, reason: MembershipLoss): void => {
    const { group, interface: name } = membership
    joined.delete(keyOf(membership))
    membership.socket.close()
    log.warn({ group, interface: name, reason }, 'membership lost')
    options.onLost?.({ group, interface: name }, reason)
  }

  const joinOn = async (group: MulticastGroup, on: GroupInterface): Promise<void> => {
    const socket = await openGroupSocket(group, port, on, log)
    const membership = { group: group.address, interface: on.name }
    const receive = (bytes: Buffer, from: RemoteInfo): void => {
      tally.received += 1
      tally.receivedBytes += bytes.length
      options.onDatagram(bytes, { address: from.address, port: from.port, ...membership })
    }
    socket.on('error', (error) =>
      log.warn({ ...membership, error: error.message }, 'multicast failed'),
    )
    socket.on('message', receive)
    enlargeReceiveBuffer(socket, receiveBufferBytes, log)
    joined.set(keyOf(membership), { ...membership, index: on.index, socket })
    log.info(membership, 'joined')
    options.onJoined?.(membership)
  }

  /** Gives the error, if any; what comes and goes with networks is tried again at the next look. */
  const tryJoin = async (
    group: MulticastGroup,
    on: GroupInterface,
  ): Promise<NetworkError | undefined> => {
    const key = keyOf({ group: group.address, interface: on.name })
    try {
      await joinOn(group, on)
      failed.delete(key)
      return undefined
    } catch (error) {
      const failure = networkError(error, group.address, port)
      if (failed.get(key) !== failure.message)
        log.warn(
          { group: group.address, interface: on.name, error: failure.message },
          'cannot join',
        )
      failed.set(key, failure.message)
      return failure
    }
  }

  /** One look at one group: gives up what is lost, joins what is not joined; gives the errors. */
  const reconcile = async (group: MulticastGroup): Promise<NetworkError[]> => {
    const present = await presentInterfaces(group.address)
    const wanted = await chooseInterfaces(group.address, choice, present)
    for (const membership of [...joined.values()].filter((each) => each.group === group.address)) {
      const reason = membershipLoss(membership, present, wanted)
      if (reason !== undefined) lose(membership, reason)
    }
    const errors: NetworkError[] = []
    for (const on of wanted) {
      if (stopped || joined.has(keyOf({ group: group.address, interface: on.name }))) continue
      const error = await tryJoin(group, on)
      if (error !== undefined) errors.push(error)
    }
    return errors
  }

  const watch = (): void => {
    if (stopped) return
    timer = setTimeout(() => {
      running = reconcileAll().then(watch)
    }, watchMillis)
  }
  const reconcileAll = async (): Promise<void> => {
    for (const group of groups) await reconcile(group)
  }

  const closeAll = async (): Promise<void> => {
    const sockets = [...joined.values()].map(({ socket }) => socket)
    joined.clear()
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    )
  }

  const start = async (): Promise<void> => {
    if (typeof choice !== 'string') choice = choice.map((wanted) => findInterface(wanted).name)
    for (const group of groups) {
      const forbidden = (await reconcile(group)).find(({ code }) => FORBIDDING.has(code ?? ''))
      if (forbidden !== undefined) {
        await closeAll()
        throw forbidden
      }
      log.info({ transport: 'udp', address: group.address, port }, 'listening')
    }
    watch()
  }

  const stop = async (): Promise<void> => {
    stopped = true
    await running
    clearTimeout(timer)
    await tally.kernelDrops()
    await closeAll()
  }

  return {
    start,
    stop,
    get joined() {
      return [...joined.values()].map(({ group, interface: name }) => ({ group, interface: name }))
    },
  }
}

function keyOf({ group, interface: name }: GroupMembership): string {
  return `${group}%${name}`
}
