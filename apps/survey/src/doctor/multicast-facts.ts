import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'

import { interfaceChoice } from '@sockyard/net/address'
import { NetworkError } from '@sockyard/net/errors'
import {
  chooseInterfaces,
  type GroupInterface,
  kernelGroup,
  presentInterfaces,
} from '@sockyard/net/multicast'

import {
  type BridgeFacts,
  bridgeOf,
  interfaceFlags,
  platformOf,
  reversePathFilter,
} from './interface-facts.ts'
import { counted, type KernelCounters, readKernelCounters } from './kernel-counters.ts'
import { type Heard, listen, type Listening } from './listen.ts'
import { type LocalDelivery, sendToOneself } from './local-delivery.ts'

/** Of the time that was listened. */
const BACKGROUND_SHARE = 0.5

/** What was seen while this host listened to a group. */
export interface MulticastFacts {
  group: string
  port: number
  interface: string
  /** How long it was listened. */
  listenedMillis: number
  /** What a fresh socket received there, by sender. */
  sources: { address: string; datagrams: number }[]
  /** What it received when it joined on every interface instead. */
  elsewhere: { interface: string; datagrams: number }[]
  /** Interfaces on which another program of this host was a member before. */
  members: string[]
  /** While it listened; of multicast what came because of the membership. */
  counters: KernelCounters
  /** Whether the interface has an address of the group's family, by which the group can be joined. */
  hasAddress: boolean
  /** Whether this host has a route to the group; true when the interface was named. */
  hasRoute: boolean
  /** The flags of the interface: IFF_UP, IFF_MULTICAST (netdevice(7)). */
  isUp: boolean
  isMulticast: boolean
  /** The stricter of `all` and the interface's own (ip-sysctl): 0 off, 1 strict, 2 loose. */
  reversePathFilter: number
  bridge: BridgeFacts | null
  /** A platform that is known to carry no multicast. */
  platform: string | null
  /** Null when it was not needed. */
  local: LocalDelivery | null
}

/** The group in question, and what is asked about it. */
interface Question {
  group: string
  port: number
  millis: number
  signal: AbortSignal
}

/**
 * Listens to a group on the interface that was asked for; where nothing comes, on every other one, and to itself.
 *
 * @param wanted name or address of an interface; without it the one of the route
 * @throws {ConfigurationError} when there is no such interface
 * @throws {NetworkError} when no interface at all has an address of the group's family
 */
export async function multicastFacts(
  question: Question,
  wanted: string | undefined,
): Promise<MulticastFacts> {
  const { group, port } = question
  const present = await presentInterfaces(group)
  const choice = interfaceChoice(wanted === undefined ? 'any' : [wanted])
  const [on] = await chooseInterfaces(group, choice, present)
  const name = on?.name ?? (typeof choice === 'string' ? undefined : choice[0])
  if (name === undefined)
    throw new NetworkError(`${group}: no interface that is up has an address of its family`, {
      errorClass: 'UNREACHABLE',
    })
  return {
    group,
    port,
    interface: name,
    members: membersOf(group, present),
    hasAddress: on !== undefined,
    hasRoute: wanted !== undefined || (await hasRoute(group)),
    ...interfaceFlags(name),
    reversePathFilter: reversePathFilter(name),
    bridge: bridgeOf(name),
    platform: platformOf(name),
    ...(on === undefined ? NOT_LISTENED : await reception(question, on, present)),
  }
}

/** What comes of listening. */
type Reception = Pick<
  MulticastFacts,
  'listenedMillis' | 'sources' | 'elsewhere' | 'counters' | 'local'
>

const NOT_LISTENED: Reception = {
  listenedMillis: 0,
  sources: [],
  elsewhere: [],
  counters: {
    received: 0,
    delivered: 0,
    forwarded: 0,
    multicast: 0,
    reversePathFiltered: 0,
    ignoredMulticast: 0,
  },
  local: null,
}

async function reception(
  question: Question,
  on: GroupInterface,
  present: readonly GroupInterface[],
): Promise<Reception> {
  const { group, port, millis, signal } = question
  const family = isIPv6(group) ? 6 : 4
  const before = readKernelCounters(family)
  const began = performance.now()
  const here = await listen({ ...question, interfaces: [on.name] })
  const listening = counted(before, readKernelCounters(family))
  const heard = { listenedMillis: performance.now() - began, sources: bySender(here) }
  if (here.size > 0) return { ...heard, counters: listening, elsewhere: [], local: null }
  const others = present.filter(({ name, internal }) => name !== on.name && !internal)
  return {
    ...heard,
    counters: withoutBackground(listening, await background(family, millis, signal)),
    elsewhere: await elsewhere(question, others),
    local: await sendToOneself(group, port, on),
  }
}

/** The counters are the whole host's: what they count without the membership is other traffic. */
async function background(
  family: 4 | 6,
  millis: number,
  signal: AbortSignal,
): Promise<KernelCounters> {
  const before = readKernelCounters(family)
  await after(millis * BACKGROUND_SHARE, undefined, { signal })
  return counted(before, readKernelCounters(family))
}

function withoutBackground(listening: KernelCounters, other: KernelCounters): KernelCounters {
  const less = (name: keyof KernelCounters): number =>
    Math.max(0, Math.round(listening[name] - other[name] / BACKGROUND_SHARE))
  return {
    ...listening,
    multicast: less('multicast'),
    ignoredMulticast: less('ignoredMulticast'),
    reversePathFiltered: less('reversePathFiltered'),
  }
}

function bySender(heard: Heard): MulticastFacts['sources'] {
  return [...heard].map(([key, datagrams]) => ({ address: key.split(' ')[1] ?? '', datagrams }))
}

async function elsewhere(
  where: Omit<Listening, 'interfaces'>,
  others: readonly GroupInterface[],
): Promise<MulticastFacts['elsewhere']> {
  if (others.length === 0) return []
  const heard = await listen({ ...where, interfaces: others.map(({ name }) => name) })
  const byInterface = new Map<string, number>()
  for (const [key, datagrams] of heard) {
    const [name = ''] = key.split(' ')
    byInterface.set(name, (byInterface.get(name) ?? 0) + datagrams)
  }
  return [...byInterface].map(([name, datagrams]) => ({ interface: name, datagrams }))
}

function membersOf(group: string, present: readonly GroupInterface[]): string[] {
  const joined = kernelGroup(group)
  return present.filter(({ groups }) => groups?.has(joined) === true).map(({ name }) => name)
}

/** Without a route, a program that names no interface cannot join (ENODEV) and cannot send (ENETUNREACH). */
function hasRoute(group: string): Promise<boolean> {
  const socket = createSocket(isIPv6(group) ? 'udp6' : 'udp4')
  const isReached = new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.once('connect', () => resolve(true))
    // Connecting a datagram socket looks the route up, and sends nothing. Port 9 is discard (RFC 863).
    socket.connect(9, group)
  })
  return isReached.finally(() => socket.close())
}
