import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'

import { type ServeOptions, TIME_PORT } from './config.ts'

/** The two services: a line for people, and a number for programs. */
export const SERVICES = ['daytime', 'time'] as const

export type ServiceName = (typeof SERVICES)[number]

/** What is answered to whoever asks, whatever he says (RFC 867, RFC 868); at most 64 B. */
export const ANSWERS: Readonly<Record<ServiceName, (nanos: bigint) => Uint8Array>> = {
  daytime: (nanos) => Buffer.from(formatDaytime(nanos)),
  time: encodeTime,
}

/** The port of `time` in services(5). */
const WELL_KNOWN_TIME_PORT = 37

/** Which service a socket is for that somebody else has opened: its name says so, or its port. */
export function serviceOf(
  socket: { name: string; port: number },
  { timePort }: Pick<ServeOptions, 'timePort'>,
): ServiceName {
  if (socket.name === 'time' || socket.name === 'daytime') return socket.name
  return [WELL_KNOWN_TIME_PORT, TIME_PORT, timePort].includes(socket.port) ? 'time' : 'daytime'
}
