import { networkError, place } from '@sockyard/net/errors'
import { limitLog } from '@sockyard/net/log'
import type { TrafficReport } from '@sockyard/net/peers'
import type { UdpCounters } from '@sockyard/net/udp'
import { getSocketOption } from '@sockyard/posix/options'
import type { SocketTarget } from '@sockyard/posix/socket'
import type { Logger } from '@sockyard/service/log'
import type { Registry } from '@sockyard/service/metrics'

import type { OutgoingInterface } from './outgoing-interface.ts'

/** Datagrams to one group, one after the other, all of one length. */
export interface Datagrams {
  readonly group: string
  /** The number of the first one. */
  readonly first: number
  readonly count: number
  /** Of each. */
  readonly sizeBytes: number
}

export interface GroupSenderOptions {
  readonly group: string
  readonly port: number
  /** Our number in every datagram. */
  readonly sender: number
  /** Only the payload, without the header that our receiver measures by. */
  readonly plain: boolean
  readonly ttl: number
  readonly loopback: boolean
  /** Without one the system chooses by the route. */
  readonly outgoing: OutgoingInterface | undefined
  readonly log: Logger
  readonly metrics: Registry
  readonly now: () => bigint
  onSent(datagrams: Datagrams): void
  /** @param error the kernel's; undefined when too many waited to be sent */
  onDropped(count: number, error?: Error): void
}

/** Sends to one group, from a socket of its own, whatever becomes of the network meanwhile. */
export interface GroupSender {
  readonly group: string
  start(): Promise<void>
  /** For `getSocketOption`; undefined before the start. */
  readonly target: SocketTarget | undefined
  send(payload: Uint8Array): void
  /** How many datagrams wait to be sent. */
  waiting(): number
  stop(drained: AbortSignal): Promise<void>
}

/** A sender expects no datagrams: those that arrive are left to the kernel. */
export const RECEIVE_BUFFER_BYTES = 2_048

/** What was sent to the group, as GET /peers of the admin endpoint tells it. */
export function sentTraffic(
  { group, port }: GroupSenderOptions,
  { sent, sentBytes }: UdpCounters,
  { since, last }: { since: number; last: number },
  local: { address: string; port: number },
): TrafficReport {
  const total = { receivedBytes: 0, sentBytes, received: 0, sent }
  const own = { localAddress: local.address, localPort: local.port }
  const ends = { ...own, remoteAddress: group, remotePort: port }
  const peer = { transport: 'udp', ...ends, group, ...total, since, last } as const
  return { peers: sent === 0 ? [] : [peer], total, memberships: [] }
}

/** Logs once that datagrams cannot be sent, and why, and once that they are sent again. */
export class SendErrorLog {
  readonly #log: ReturnType<typeof limitLog>
  readonly #to: { group: string; port: number }
  #last: string | undefined

  constructor(log: Logger, to: { group: string; port: number }) {
    this.#log = limitLog(log)
    this.#to = to
  }

  /** @param error why the last datagram was not sent; undefined when it was */
  report(error: Error | undefined): void {
    const text = error && this.#textOf(error)
    if (text === this.#last) return
    this.#last = text
    if (text === undefined) this.#log.info(this.#to, 'sending again')
    else this.#log.warn({ ...this.#to, error: text }, 'cannot send')
  }

  /** `network unreachable: [ff15::4321]:4321` */
  #textOf(error: Error): string {
    const { group, port } = this.#to
    const to = place(group, port)
    const { message } = networkError(error, group, port)
    return `${message.startsWith(to) ? message.slice(to.length) : message}: ${to.slice(0, -2)}`
  }
}

/** The options of multicast that a sender sets (ip(7), ipv6(7), RFC 3493, 5.2). */
const OPTIONS = {
  IPv4: ['IP_MULTICAST_IF', 'IP_MULTICAST_TTL', 'IP_MULTICAST_LOOP'],
  IPv6: ['IPV6_MULTICAST_IF', 'IPV6_MULTICAST_HOPS', 'IPV6_MULTICAST_LOOP'],
} as const

type MulticastOptions = Record<string, string | number | boolean>

/** They as the kernel reports them back; null where koffi is absent. */
export function multicastOptions(
  target: SocketTarget | undefined,
  group: string,
): MulticastOptions | null {
  if (target === undefined) return null
  const names = OPTIONS[group.includes(':') ? 'IPv6' : 'IPv4']
  try {
    return Object.fromEntries(names.map((name) => [name, getSocketOption(target, name)]))
  } catch {
    return null
  }
}
