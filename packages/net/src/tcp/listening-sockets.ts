import type { AddressInfo } from 'node:net'

import { setSocketOption } from '@sockyard/posix/options'
import { NativeSocket } from '@sockyard/posix/socket'

import { internetAddress, internetEndpoint } from '../address/addresses.ts'
import type { ListenAddress } from './engine.ts'

/** Sockets that listen at one address. */
export interface ListeningSockets {
  readonly sockets: readonly NativeSocket[]
  readonly bound: AddressInfo
}

interface ListeningSocket {
  readonly socket: NativeSocket
  readonly bound: AddressInfo
}

/**
 * Binds and listens (bind(2), listen(2)), with several sockets at the same address: the kernel shares the
 * connections out among them (SO_REUSEPORT, socket(7)).
 *
 * @param count how many sockets
 * @throws {SystemCallError} EADDRINUSE, EACCES and the other errors of bind(2)
 */
export function openListeningSockets(at: ListenAddress, count = 1): ListeningSockets {
  const stack = new DisposableStack()
  // With SO_REUSEPORT a second service of the same user would go unnoticed: the first socket looks without it.
  const first = stack.use(openBound(at, false))
  const bound = localAddressOf(first)
  const sockets = [first]
  if (count > 1) {
    first.close()
    sockets.length = 0
    const shared = { ...at, port: bound.port }
    for (let index = 0; index < count; index += 1) sockets.push(stack.use(openBound(shared, true)))
  }
  for (const socket of sockets) socket.listen()
  stack.move()
  return { sockets, bound }
}

/**
 * Takes over a socket that another program has bound, and that listens already. Connections in its backlog have none of
 * `setConnectionOptions`: they inherited the options that it had when they came.
 */
export function adoptListeningSocket(descriptor: number): ListeningSocket {
  const socket = NativeSocket.adoptNonBlocking(descriptor)
  return { socket, bound: localAddressOf(socket) }
}

function openBound({ host, port, ipv6Only }: ListenAddress, isShared: boolean): NativeSocket {
  const local = internetAddress(host, port)
  const socket = NativeSocket.open({ family: local.family, type: 'stream', nonBlocking: true })
  try {
    setSocketOption(socket, 'SO_REUSEADDR', true)
    if (isShared) setSocketOption(socket, 'SO_REUSEPORT', true)
    if (local.family === 'IPv6') setSocketOption(socket, 'IPV6_V6ONLY', ipv6Only)
    // Accepted sockets inherit them (tcp(7)): fewer calls for each connection.
    setConnectionOptions(socket)
    socket.bind(local)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** TCP options of each connection, with which small answers leave at once, and dead peers are noticed (tcp(7)). */
export function setConnectionOptions(socket: NativeSocket): void {
  setSocketOption(socket, 'TCP_NODELAY', true)
  setSocketOption(socket, 'SO_OOBINLINE', true)
  setSocketOption(socket, 'SO_KEEPALIVE', true)
  setSocketOption(socket, 'TCP_KEEPIDLE', 30)
  setSocketOption(socket, 'TCP_KEEPINTVL', 5)
  setSocketOption(socket, 'TCP_KEEPCNT', 3)
}

/** The address and port of a socket's own end (getsockname(2)). */
export function localAddressOf(socket: NativeSocket): AddressInfo {
  const { address, port } = internetEndpoint(socket.localAddress()) ?? { address: '', port: 0 }
  return { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' }
}
