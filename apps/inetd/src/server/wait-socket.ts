import { internetAddress, internetEndpoint } from '@sockyard/net/address'
import { lastReceiveTime, noteReceiveTimes } from '@sockyard/posix/datagram'
import { SystemCallError } from '@sockyard/posix/ffi'
import { getSocketOption, setSocketOption } from '@sockyard/posix/options'
import { MSG, NativeSocket } from '@sockyard/posix/socket'

import type { Peer } from './programs.ts'

/**
 * A bound socket of the kernel's that Node does not read, to be handed to a program; listening if it is a stream.
 *
 * @param at.host numeric
 * @throws {SystemCallError} EADDRINUSE, EACCES, EADDRNOTAVAIL …
 */
export function openWaitSocket(
  transport: 'tcp' | 'udp',
  at: { host: string; port: number; ipv6Only: boolean },
): NativeSocket {
  const local = internetAddress(at.host, at.port)
  const type = transport === 'tcp' ? 'stream' : 'datagram'
  const socket = NativeSocket.open({ family: local.family, type })
  try {
    if (type === 'stream') setSocketOption(socket, 'SO_REUSEADDR', true)
    if (local.family === 'IPv6') setSocketOption(socket, 'IPV6_V6ONLY', at.ipv6Only)
    socket.bind(local)
    if (type === 'stream') socket.listen()
    else prepareDatagrams(socket)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

function prepareDatagrams(socket: NativeSocket): void {
  // For the program, which may bind the same port for one client. Before the bind it would let us take the port of
  // another service, and what is meant for that.
  setSocketOption(socket, 'SO_REUSEADDR', true)
  noteReceiveTimes(socket)
}

/** How many connections wait to be accepted: what `tcpi_unacked` is of a listening socket. */
export function acceptQueueLength(socket: NativeSocket): number {
  return getSocketOption(socket, 'TCP_INFO').unacknowledgedSegments
}

/** A datagram that waits, unread. */
export interface WaitingDatagram {
  from: Peer
  /** When the kernel received it, in nanoseconds: no other one of this socket has the same. */
  receivedAt: bigint
}

const first = new Uint8Array(1)

/**
 * The first one that waits, which stays there.
 *
 * @returns undefined when there is none (any more); an error of the network that waited is taken as none
 */
export function peekDatagram(socket: NativeSocket): WaitingDatagram | undefined {
  try {
    const from = internetEndpoint(socket.receiveFrom(first, MSG.PEEK | MSG.DONTWAIT)?.from)
    return from && { from, receivedAt: lastReceiveTime(socket) }
  } catch (error) {
    if (error instanceof SystemCallError) return undefined
    throw error
  }
}

/** Takes the first one away. */
export function discardDatagram(socket: NativeSocket): void {
  socket.receive(first, MSG.DONTWAIT)
}
