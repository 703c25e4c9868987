import { networkInterfaces } from 'node:os'

import { type AncillaryField, enableAncillaryData } from '@sockyard/posix/datagram'
import {
  attachReuseportFilter,
  getSocketOption,
  kernelDrops,
  setSocketOption,
} from '@sockyard/posix/options'
import { inetNtop, NativeSocket } from '@sockyard/posix/socket'

import { addressBytes, zoneIndex } from '../address/addresses.ts'
import { listenDualStack } from '../address/listen.ts'
import { limitLog } from '../log/limited-log.ts'
import { NativeUdpSocket } from './native-udp-socket.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import type { OpenSockets, UdpSettings } from './udp-socket.ts'

/** Bound sockets that share a port; what comes is spread over them by source. */
export interface BoundSockets {
  readonly address: string
  readonly port: number
  readonly sockets: readonly NativeSocket[]
}

/**
 * Opens the socket of a server, which is read in the event loop of this thread.
 *
 * @throws {NetworkError} when it cannot be bound; AddressInUseError when the port is taken
 */
export async function openNativeSockets(settings: UdpSettings): Promise<OpenSockets> {
  const { address, port, sockets } = await bindNativeSockets(settings, 1)
  const limited = limitLog(settings.log)
  const open = sockets.map((socket) => new NativeUdpSocket(socket, settings))
  for (const each of open) each.watch((error) => limited.warn({ error }, 'udp failed'))
  return {
    address,
    port,
    sockets: open,
    kernelDrops: () => dropsOf(sockets),
    async stop() {
      for (const each of open) each.close()
    },
  }
}

/**
 * Binds sockets for so many readers, each source always to the same one (SO_REUSEPORT, socket(7)).
 *
 * @throws {NetworkError} when one cannot be bound
 */
export async function bindNativeSockets(
  settings: UdpSettings,
  readers: number,
): Promise<BoundSockets> {
  const { passed, ancillary, log, receiveBufferBytes } = settings
  const bound =
    passed === undefined
      ? await listenDualStack(settings, async (host, ipv6Only) =>
          bindAll({ host, port: settings.port, ipv6Only, ancillary }, readers),
        )
      : adopt(passed.descriptor.release(), passed.family, ancillary)
  for (const socket of bound.sockets)
    enlargeReceiveBuffer(bufferOf(socket), receiveBufferBytes, log)
  return bound
}

/** Of sockets that are open, and of closed ones 0. */
export function dropsOf(sockets: readonly NativeSocket[]): number {
  return sockets.reduce((sum, socket) => sum + (socket.closed ? 0 : kernelDrops(socket)), 0)
}

interface Place {
  host: string
  port: number
  ipv6Only: boolean
  ancillary: readonly AncillaryField[]
}

function bindAll(at: Place, readers: number): BoundSockets {
  const isShared = readers > 1
  const sockets = [bindOne(at, isShared)]
  const [first] = sockets
  if (first === undefined) throw new RangeError('no readers')
  try {
    const { port } = localOf(first)
    while (sockets.length < readers) sockets.push(bindOne({ ...at, port }, isShared))
    if (isShared) attachReuseportFilter(first, readers)
    return { address: at.host, port, sockets }
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
}

/** With several readers each waits in a thread of its own; alone it is read in the event loop. */
function bindOne({ host, port, ipv6Only, ancillary }: Place, isShared: boolean): NativeSocket {
  const family = host.includes(':') ? 'IPv6' : 'IPv4'
  const socket = NativeSocket.open({ family, type: 'datagram', nonBlocking: !isShared })
  try {
    if (family === 'IPv6') setSocketOption(socket, 'IPV6_V6ONLY', ipv6Only)
    if (isShared) setSocketOption(socket, 'SO_REUSEPORT', true)
    const tellsDestination = family === 'IPv6' || !isOwnAddress(host)
    const all: AncillaryField[] = [
      ...(tellsDestination ? ['destination' as const] : []),
      ...ancillary,
    ]
    enableAncillaryData(socket, family, all)
    const bytes = Uint8Array.from(addressBytes(host))
    socket.bind({ family, bytes, port, scope: zoneIndex(host) })
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

function adopt(
  descriptor: number,
  family: 'IPv4' | 'IPv6',
  ancillary: readonly AncillaryField[],
): BoundSockets {
  const socket = NativeSocket.adopt(descriptor)
  try {
    enableAncillaryData(socket, family, ['destination', ...ancillary])
    return { ...localOf(socket), sockets: [socket] }
  } catch (error) {
    socket.close()
    throw error
  }
}

/** What is bound to one IPv4 address of ours gets nothing else: the destination of each need not be reported. */
function isOwnAddress(host: string): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return addresses.some(({ address }) => address === host)
}

/** @throws {TypeError} for a socket that is none of UDP's */
export function localOf(socket: NativeSocket): { address: string; port: number } {
  const local = socket.localAddress()
  if (local === undefined || local.family === 'unix') throw new TypeError('not a UDP socket')
  return { address: inetNtop(local.bytes), port: local.port }
}

function bufferOf(socket: NativeSocket): Parameters<typeof enlargeReceiveBuffer>[0] {
  return {
    setRecvBufferSize: (bytes) => setSocketOption(socket, 'SO_RCVBUF', bytes),
    getRecvBufferSize: () => getSocketOption(socket, 'SO_RCVBUF'),
  }
}
