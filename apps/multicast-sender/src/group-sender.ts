import type { SocketTarget } from '@sockyard/posix/descriptor-of'
import type { Logger } from '@sockyard/service/log'
import type { Registry } from '@sockyard/service/prometheus'

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

/** Nobody has a reason to send to a sender: what comes is left to the kernel. */
export const RECEIVE_BUFFER_BYTES = 2_048
