import {
  DATAGRAM_REJECTIONS,
  type DatagramRules,
  type LocalPeerCounter,
} from '@sockyard/net/access'
import type { SharedCounters } from '@sockyard/net/udp'
import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'
import type { ServiceContext } from '@sockyard/service/lifecycle'

import { type ServeOptions, TIME_PORT } from '../config.ts'

/** The two services: a line for people, and a number for programs. */
export const SERVICES = ['daytime', 'time'] as const

export type ServiceName = (typeof SERVICES)[number]

/** The answer to any request (RFC 867, RFC 868); at most 64 B. */
export const ANSWERS: Readonly<Record<ServiceName, (nanos: bigint) => Uint8Array>> = {
  daytime: (nanos) => Buffer.from(formatDaytime(nanos)),
  time: encodeTime,
}

/** The outcome of a datagram: it is answered, or rejected for exactly one reason. */
export const VERDICTS = ['answered', ...DATAGRAM_REJECTIONS] as const

/** One of the sockets behind a service. */
export interface Part {
  /** @returns the port it is bound to */
  start(): Promise<number>
  stop(drained: AbortSignal): Promise<void>
}

/** What the TCP and the UDP side of both services share. */
export interface PartContext extends Pick<
  ServiceContext<ServeOptions>,
  'options' | 'log' | 'metrics' | 'now'
> {
  family: 4 | 6 | undefined
  rules: DatagramRules
  /** The connections of both services. */
  peers: LocalPeerCounter
  counts: SharedCounters<(typeof VERDICTS)[number]>
}

/** The port of `time` in services(5). */
const WELL_KNOWN_TIME_PORT = 37

/** The service of a socket that another program has opened: its name says so, or its port. */
export function serviceOf(
  socket: { name: string; port: number },
  { timePort }: Pick<ServeOptions, 'timePort'>,
): ServiceName {
  if (socket.name === 'time' || socket.name === 'daytime') return socket.name
  return [WELL_KNOWN_TIME_PORT, TIME_PORT, timePort].includes(socket.port) ? 'time' : 'daytime'
}
