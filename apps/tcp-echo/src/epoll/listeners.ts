import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'

import { NativeSocket } from '@sockyard/posix/native-socket'
import { presentationToBytes } from '@sockyard/posix/presentation'
import type { InternetAddress } from '@sockyard/posix/socket-address'
import { setSocketOption } from '@sockyard/posix/socket-options'

import { peerAddress } from './peer-address.ts'

/** Where to listen: a numeric host. */
interface Place {
  host: string
  port: number
  ipv6Only: boolean
}

/** One socket a worker, at the same address. */
export interface Listeners {
  sockets: NativeSocket[]
  bound: AddressInfo
}

/**
 * Sockets that listen at one address; the kernel shares the connections out among them (SO_REUSEPORT, socket(7)).
 *
 * @throws {SystemCallError} EADDRINUSE and whatever else bind(2) has to say
 */
export function openListeners(place: Place, count: number): Listeners {
  const stack = new DisposableStack()
  // With SO_REUSEPORT a second service of the same user would go unnoticed: the first socket looks without it.
  const probe = stack.use(openBound(place, false))
  const port = boundAt(probe).port
  if (count > 1) probe.close()
  const shared = Array.from({ length: count > 1 ? count : 0 }, () =>
    stack.use(openBound({ ...place, port }, true)),
  )
  const sockets = count > 1 ? shared : [probe]
  for (const socket of sockets) socket.listen()
  stack.move()
  return { sockets, bound: boundAt(probe.closed ? (shared[0] ?? probe) : probe) }
}

function openBound({ host, port, ipv6Only }: Place, isShared: boolean): NativeSocket {
  const local = internetAddress(host, port)
  const socket = NativeSocket.open({ family: local.family, type: 'stream', nonBlocking: true })
  try {
    setSocketOption(socket, 'SO_REUSEADDR', true)
    if (isShared) setSocketOption(socket, 'SO_REUSEPORT', true)
    if (local.family === 'IPv6') setSocketOption(socket, 'IPV6_V6ONLY', ipv6Only)
    inheritedByConnections(socket)
    socket.bind(local)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** What an accepted socket has from the one that listened (tcp(7)): a call less for each connection. */
function inheritedByConnections(socket: NativeSocket): void {
  setSocketOption(socket, 'TCP_NODELAY', true)
  setSocketOption(socket, 'SO_KEEPALIVE', true)
  setSocketOption(socket, 'TCP_KEEPIDLE', 30)
  setSocketOption(socket, 'TCP_KEEPINTVL', 5)
  setSocketOption(socket, 'TCP_KEEPCNT', 3)
}

/** What a numeric address with a port is to a call; `fe80::1%eth0` is valid on that interface only (RFC 4007). */
export function internetAddress(host: string, port: number): InternetAddress {
  const [plain = '', zone] = host.split('%')
  const bytes = presentationToBytes(plain) ?? new Uint8Array(16)
  const family = bytes.length === 4 ? 'IPv4' : 'IPv6'
  return { family, bytes, port, scope: zone === undefined ? 0 : scopeOf(zone) }
}

/** The number of an interface, by its name or as it is. */
function scopeOf(zone: string): number {
  const named = networkInterfaces()[zone]?.find((each) => each.family === 'IPv6' && each.scopeid)
  return named?.scopeid ?? (/^\d+$/.test(zone) ? Number(zone) : 0)
}

function boundAt(socket: NativeSocket): AddressInfo {
  const local = socket.localAddress()
  const { address, port } = peerAddress(local) ?? { address: '', port: 0 }
  return { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' }
}
