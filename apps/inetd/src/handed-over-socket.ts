import { networkInterfaces } from 'node:os'

import { NativeSocket } from '@sockyard/posix/native-socket'
import { bytesToPresentation } from '@sockyard/posix/presentation'
import type { SocketAddress } from '@sockyard/posix/socket-address'
import { setSocketOption } from '@sockyard/posix/socket-options'
import { addressBytes } from '@sockyard/service/address-bytes'
import { unmapped } from '@sockyard/service/source-address'

import type { Peer } from './children.ts'

/**
 * A bound socket of the kernel's that Node does not read, to be handed to a program; listening if it is a stream.
 *
 * @param at.host numeric
 * @throws {SystemCallError} EADDRINUSE, EACCES, EADDRNOTAVAIL …
 */
export function openHandedOverSocket(
  transport: 'tcp' | 'udp',
  at: { host: string; port: number; ipv6Only: boolean },
): NativeSocket {
  const local = socketAddress(at.host, at.port)
  const type = transport === 'tcp' ? 'stream' : 'datagram'
  const socket = NativeSocket.open({ family: local.family, type })
  try {
    // Only for streams: a second datagram socket would take what is meant for the first.
    if (type === 'stream') setSocketOption(socket, 'SO_REUSEADDR', true)
    if (local.family === 'IPv6') setSocketOption(socket, 'IPV6_V6ONLY', at.ipv6Only)
    socket.bind(local)
    if (type === 'stream') socket.listen()
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** An address of the internet as texts and numbers; undefined for any other. */
export function peerOf(address: SocketAddress | undefined): Peer | undefined {
  if (address === undefined || address.family === 'unix') return undefined
  return { address: unmapped(bytesToPresentation(address.bytes)), port: address.port }
}

function socketAddress(host: string, port: number): SocketAddress & { family: 'IPv4' | 'IPv6' } {
  const [, zone = ''] = host.split('%')
  const scope = networkInterfaces()[zone]?.find(({ scopeid = 0 }) => scopeid > 0)?.scopeid ?? 0
  const family = host.includes(':') ? 'IPv6' : 'IPv4'
  return { family, bytes: Uint8Array.from(addressBytes(host)), port, scope }
}
