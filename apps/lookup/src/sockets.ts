import { isIPv6 } from 'node:net'

import { UsageError } from '@sockyard/cli/errors'
import { resolveTarget } from '@sockyard/net/address'
import { connectTo } from '@sockyard/net/connect'
import { networkError } from '@sockyard/net/errors'
import { SystemCallError } from '@sockyard/posix/ffi'
import { getnameinfo } from '@sockyard/posix/netdb'
import type { SocketOption } from '@sockyard/posix/options'
import { NativeSocket, type SocketAddress, type SocketTarget } from '@sockyard/posix/socket'
import type { LookupAnswer } from '@sockyard/protocol/results'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import type { SocketNameOptions } from './config.ts'
import { numericAddress } from './numeric-address.ts'
import { runLookup } from './run-lookup.ts'

/** Both ends of a connection: getsockname(2), getpeername(2). */
export function socketName(context: CommandContext<SocketNameOptions>): Promise<number> {
  const { operands, options, signal } = context
  const [text = ''] = operands
  const family = ipFamily(options)
  return runLookup(context, { command: 'sockname', sources: [] }, async (emit) => {
    const targets = await resolveWithPort(text, { family, signal })
    if (options.udp) emit(await udpName(targets[0]))
    else emit(await tcpName(targets, { timeoutMillis: options.wait, signal }))
    return null
  })
}

/** As `resolveTarget`, of a target that must have a port. */
function resolveWithPort(
  text: string,
  options: { family: 4 | 6 | undefined; signal: AbortSignal },
): ReturnType<typeof resolveTarget> {
  if (isIPv6(text) || !/:\d+$/.test(text))
    throw new UsageError('HOST:PORT', text, 'has no port; write HOST:PORT or [IPv6]:PORT')
  return resolveTarget(text, { defaultPort: 0, ...options })
}

async function tcpName(...connect: Parameters<typeof connectTo>): Promise<LookupAnswer> {
  const { socket } = await connectTo(...connect)
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  socket.destroy()
  return {
    kind: 'socket-name',
    transport: 'tcp',
    local: { address: localAddress, port: localPort },
    remote: { address: remoteAddress, port: remotePort },
  }
}

async function udpName(to: Place): Promise<LookupAnswer> {
  using socket = await connectUdp(to)
  const [local, remote] = await Promise.all([
    placeOf(socket.localAddress()),
    placeOf(socket.remoteAddress()),
  ])
  return { kind: 'socket-name', transport: 'udp', local, remote }
}

/** A numeric address, a link-local one with its zone, and a port. */
interface Place {
  address: string
  port: number
}

/** A zone is shown by the name of its interface. */
async function placeOf(at: SocketAddress | undefined): Promise<Place> {
  if (at === undefined || at.family === 'unix') return { address: '', port: 0 }
  const { host } = await getnameinfo(at, 'socket', ['NI_NUMERICHOST', 'NI_NUMERICSERV'])
  return { address: host, port: at.port }
}

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
 * Fresh sockets of TCP or UDP: one of each family that this host has, unless one was asked for. What belongs to
 * either (SOL_SOCKET, TCP, UDP) is shown once.
 *
 * @throws {SystemCallError} EAFNOSUPPORT when the host lacks the family that was asked for
 */
export function freshSockets(
  transport: 'tcp' | 'udp',
  family: 4 | 6 | undefined,
  own: readonly Level[] = ['SOL_SOCKET', OWN_LEVEL[transport]],
): OptionSockets {
  if (family === 6) return held([open(transport, 'IPv6', [...own, 'IPPROTO_IP', 'IPPROTO_IPV6'])])
  const ipv4 = open(transport, 'IPv4', [...own, 'IPPROTO_IP'])
  const ipv6 = family === 4 ? [] : openIfSupported(transport, 'IPv6', ['IPPROTO_IPV6'])
  return held([ipv4, ...ipv6])
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
  const addresses = await resolveWithPort(text, { family, signal })
  const [place] = addresses
  const ipv6: Level[] = place.address.includes(':') ? ['IPPROTO_IPV6'] : []
  const levels: Level[] = ['SOL_SOCKET', OWN_LEVEL[transport], 'IPPROTO_IP', ...ipv6]
  const name = `${transport} connected`
  if (transport === 'udp') return held([{ name, target: await connectUdp(place), levels }])
  const { socket } = await connectTo(addresses, wanted)
  return held([{ name, target: socket, levels }])
}

/**
 * Connects a UDP socket, which sends nothing. The zone of a link-local address may be a name or a number.
 *
 * @throws {NetworkError} when there is no route to the address
 */
export async function connectUdp({ address, port }: Place): Promise<NativeSocket> {
  const remote = await numericAddress(address, port)
  const socket = NativeSocket.open({ family: remote.family, type: 'datagram' })
  try {
    socket.connect(remote)
    return socket
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
}

function open(transport: 'tcp' | 'udp', family: 'IPv4' | 'IPv6', levels: Level[]): OptionSocket {
  const target = NativeSocket.open({ family, type: TYPE[transport] })
  return { name: `${transport} ${family} fresh`, target, levels }
}

/** None on a host without the family, such as a kernel booted with `ipv6.disable=1`. */
function openIfSupported(...wanted: Parameters<typeof open>): OptionSocket[] {
  try {
    return [open(...wanted)]
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EAFNOSUPPORT') return []
    throw error
  }
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
