import type { DatagramDetail } from '@sockyard/posix/datagram-details'
import { tellDetails } from '@sockyard/posix/datagram-details'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { setSocketOption } from '@sockyard/posix/socket-options'

import { addressBytes } from './address-bytes.ts'
import { zoneIndex } from './zone-index.ts'

/** How long a reply may wait for the kernel to have room, before it counts as not sent. */
const SEND_MILLIS = 1_000

/** Where and how a socket of posix is bound. */
export interface NativeUdpAddress {
  /** Numeric; `::` takes IPv4 too unless `ipv6Only`. */
  host: string
  /** 0 picks a free one. */
  port: number
  ipv6Only?: boolean
  /** Several sockets share the port, and what comes is spread over them (SO_REUSEPORT). */
  reusePort?: boolean
  /** For an event loop: nothing waits, and what the kernel has no room for is not sent. */
  nonBlocking?: boolean
  /** What the kernel is to tell of each datagram. */
  details?: readonly DatagramDetail[]
}

/**
 * Opens and binds a socket for a thread that waits, or for an event loop.
 *
 * @returns the socket, and the port it has
 * @throws {SystemCallError} EADDRINUSE, EACCES, EADDRNOTAVAIL: `networkError` says it in words
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function openNativeUdpSocket(at: NativeUdpAddress): { socket: NativeSocket; port: number } {
  const { host, port, ipv6Only = false, reusePort = false, details = [] } = at
  const { nonBlocking = false } = at
  const family = host.includes(':') ? 'IPv6' : 'IPv4'
  const socket = NativeSocket.open({ family, type: 'datagram', nonBlocking })
  try {
    if (family === 'IPv6') setSocketOption(socket, 'IPV6_V6ONLY', ipv6Only)
    if (reusePort) setSocketOption(socket, 'SO_REUSEPORT', true)
    setSocketOption(socket, 'SO_SNDTIMEO', SEND_MILLIS)
    tellDetails(socket, family, details)
    const bytes = Uint8Array.from(addressBytes(host))
    socket.bind({ family, bytes, port, scope: zoneIndex(host) })
    return { socket, port: boundPort(socket) }
  } catch (error) {
    socket.close()
    throw error
  }
}

function boundPort(socket: NativeSocket): number {
  const local = socket.localAddress()
  return local === undefined || local.family === 'unix' ? 0 : local.port
}
