import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'

import { openDeviceSocket } from '@sockyard/posix/device-socket'
import { NativeCallsMissingError } from '@sockyard/posix/libc'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { Logger } from 'pino'

import { addressBytes } from './address-bytes.ts'
import type { GroupInterface } from './group-interfaces.ts'

/** A group, and where there are any, the only sources it is wanted from (RFC 4607). */
export interface MulticastGroup {
  /** A multicast address, IPv4 or IPv6, without a zone id. */
  readonly address: string
  readonly sources?: readonly string[]
}

/**
 * A socket bound to the group (the wildcard address would let foreign groups in, ip(7), IP_MULTICAST_ALL) and
 * to the interface, joined there. Others may bind the same group and port, and each gets every datagram.
 *
 * @throws {SystemCallError} or Node's own error, when it cannot be bound or joined: ENODEV, EADDRINUSE, ENOBUFS
 */
export async function openGroupSocket(
  group: MulticastGroup,
  port: number,
  on: GroupInterface,
  log: Logger,
): Promise<Socket> {
  const socket = await openInterfaceSocket(group.address, port, on, log)
  try {
    join(socket, group, on.joinAddress)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/**
 * A socket that takes what is sent to one address and comes in on one interface. Others may bind the same.
 *
 * @param address a group or a broadcast address
 * @throws {SystemCallError} or Node's own error, when it cannot be bound: ENODEV, EADDRINUSE, EADDRNOTAVAIL
 */
export async function openInterfaceSocket(
  address: string,
  port: number,
  on: GroupInterface,
  log: Logger,
): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', reuseAddr: true })
  try {
    await bindSocket(socket, bindTo(address, port, on, log))
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

type BindTo = { fd: number } | { address: string; port: number }

function bindTo(address: string, port: number, on: GroupInterface, log: Logger): BindTo {
  try {
    const bytes = addressBytes(address)
    return {
      fd: openDeviceSocket({ device: on.name, deviceIndex: on.index, address: bytes, port }),
    }
  } catch (error) {
    if (!cannotBindDevices(error)) throw error
    log.warn({ error: error.message }, 'datagrams may come once for each interface')
    return { address: isIPv6(address) ? `${address}%${on.name}` : address, port }
  }
}

/** Without koffi, and before Linux 5.7 without CAP_NET_RAW, one does without binding to the interface. */
function cannotBindDevices(error: unknown): error is Error {
  return (
    error instanceof NativeCallsMissingError ||
    (error instanceof SystemCallError && error.syscall === 'setsockopt' && error.code === 'EPERM')
  )
}

function bindSocket(socket: Socket, to: BindTo): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(to, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

/** @throws {Error} EADDRNOTAVAIL when it is no member any more */
export function leaveGroup(
  socket: Socket,
  { address, sources = [] }: MulticastGroup,
  on: string,
): void {
  if (sources.length === 0) socket.dropMembership(address, on)
  for (const source of sources) socket.dropSourceSpecificMembership(source, address, on)
}

function join(socket: Socket, { address, sources = [] }: MulticastGroup, on: string): void {
  if (sources.length === 0) socket.addMembership(address, on)
  for (const source of sources) socket.addSourceSpecificMembership(source, address, on)
}
