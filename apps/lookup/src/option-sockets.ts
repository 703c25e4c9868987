import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'

import type { SocketTarget } from '@sockyard/posix/descriptor-of'
import { NativeSocket } from '@sockyard/posix/native-socket'
import type { SocketOption } from '@sockyard/posix/socket-option-table'
import { connectTo } from '@sockyard/service/connect'
import { networkError } from '@sockyard/service/errors'
import { resolveTarget } from '@sockyard/service/resolve'

type Level = SocketOption['level']

/** A socket whose options are shown, and at which levels. */
export interface OptionSocket {
  /** As a person calls it. */
  name: string
  target: SocketTarget
  levels: readonly Level[]
}

/** Sockets that are open until they are disposed of. */
export interface OptionSockets extends Disposable {
  sockets: readonly OptionSocket[]
}

interface Wanted {
  transport: 'tcp' | 'udp'
  family: 4 | 6 | undefined
  timeoutMillis: number
  signal: AbortSignal
}

const OWN_LEVEL = { tcp: 'IPPROTO_TCP', udp: 'IPPROTO_UDP' } as const
const TYPE = { tcp: 'stream', udp: 'datagram' } as const

/**
 * Fresh sockets of TCP or UDP: of both families one, unless one was asked for. What belongs to either (SOL_SOCKET,
 * TCP, UDP) is shown once.
 */
export function freshSockets(
  transport: 'tcp' | 'udp',
  family: 4 | 6 | undefined,
  own: readonly Level[] = ['SOL_SOCKET', OWN_LEVEL[transport]],
): OptionSockets {
  const ipv4 = open(transport, 'IPv4', [...own, 'IPPROTO_IP'])
  if (family === 4) return held([ipv4])
  if (family === undefined) return held([ipv4, open(transport, 'IPv6', ['IPPROTO_IPV6'])])
  return held([open(transport, 'IPv6', [...own, 'IPPROTO_IP', 'IPPROTO_IPV6'])])
}

/** What there is altogether: SOL_SOCKET and TCP of a TCP socket, the rest of UDP ones, where multicast is. */
export function allFreshSockets(family: 4 | 6 | undefined): OptionSockets {
  const tcp = open('tcp', family === 6 ? 'IPv6' : 'IPv4', ['SOL_SOCKET', 'IPPROTO_TCP'])
  const udp = freshSockets('udp', family, ['IPPROTO_UDP'])
  return held([tcp, ...udp.sockets])
}

/**
 * A socket that is connected.
 *
 * @throws {NetworkError} when it cannot be
 */
export async function connectedSocket(text: string, wanted: Wanted): Promise<OptionSockets> {
  const { transport, family, signal } = wanted
  const addresses = await resolveTarget(text, { defaultPort: 0, family, signal })
  const [{ address, port }] = addresses
  const ipv6: Level[] = address.includes(':') ? ['IPPROTO_IPV6'] : []
  const levels: Level[] = ['SOL_SOCKET', OWN_LEVEL[transport], 'IPPROTO_IP', ...ipv6]
  const name = `${transport} connected`
  if (transport === 'udp') return held([{ name, target: await connectUdp(address, port), levels }])
  const { socket } = await connectTo(addresses, wanted)
  return held([{ name, target: socket, levels }])
}

/**
 * Connects a UDP socket, which sends nothing.
 *
 * @throws {NetworkError} when there is no way to the address
 */
export async function connectUdp(address: string, port: number): Promise<DatagramSocket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.connect(port, address)
  try {
    await once(socket, 'connect')
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
  socket.on('error', () => undefined)
  return socket
}

function open(transport: 'tcp' | 'udp', family: 'IPv4' | 'IPv6', levels: Level[]): OptionSocket {
  const target = NativeSocket.open({ family, type: TYPE[transport] })
  return { name: `${transport} ${family} fresh`, target, levels }
}

function held(sockets: readonly OptionSocket[]): OptionSockets {
  return {
    sockets,
    [Symbol.dispose]() {
      for (const { target } of sockets)
        if ('destroy' in target) target.destroy()
        else target.close()
    },
  }
}
