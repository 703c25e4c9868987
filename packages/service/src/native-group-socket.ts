import { type DatagramDetail, tellDetails } from '@sockyard/posix/datagram-details'
import { openDeviceSocket } from '@sockyard/posix/device-socket'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { setSocketOption } from '@sockyard/posix/socket-options'

import { addressBytes } from './address-bytes.ts'
import type { GroupInterface } from './group-interfaces.ts'
import type { MulticastGroup } from './group-socket.ts'

const DETAILS: readonly DatagramDetail[] = ['destination', 'hopLimit', 'timestamp', 'drops']

/**
 * A non-blocking socket bound to the group and to the interface (SO_BINDTODEVICE), joined there by the interface's
 * number, of whose datagrams the kernel tells all that ReceiveBatch can read. Others may bind the same.
 *
 * @throws {SystemCallError} when it cannot be bound or joined: ENODEV, EADDRINUSE, ENOBUFS
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function openNativeGroupSocket(
  group: MulticastGroup,
  on: GroupInterface,
  port: number,
): NativeSocket {
  const address = addressBytes(group.address)
  const where = { device: on.name, deviceIndex: on.index, address, port }
  const socket = NativeSocket.adopt(openDeviceSocket(where))
  try {
    tellDetails(socket, isIPv6(group) ? 'IPv6' : 'IPv4', DETAILS)
    // Without a membership of its own it shall get nothing, whatever others on this host have joined.
    setSocketOption(socket, isIPv6(group) ? 'IPV6_MULTICAST_ALL' : 'IP_MULTICAST_ALL', false)
    joinNatively(socket, group, on)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

function joinNatively(socket: NativeSocket, group: MulticastGroup, on: GroupInterface): void {
  const { address, sources = [] } = group
  const at = { group: address, interfaceIndex: on.index }
  for (const source of sources)
    setSocketOption(socket, 'MCAST_JOIN_SOURCE_GROUP', { ...at, source })
  if (sources.length > 0) return
  if (isIPv6(group)) setSocketOption(socket, 'IPV6_JOIN_GROUP', at)
  else setSocketOption(socket, 'IP_ADD_MEMBERSHIP', { ...at, localAddress: on.joinAddress })
}

/** @throws {SystemCallError} EADDRNOTAVAIL or ENODEV when it is no member any more */
export function leaveNatively(
  socket: NativeSocket,
  group: MulticastGroup,
  on: GroupInterface,
): void {
  const { address, sources = [] } = group
  const at = { group: address, interfaceIndex: on.index }
  for (const source of sources)
    setSocketOption(socket, 'MCAST_LEAVE_SOURCE_GROUP', { ...at, source })
  if (sources.length > 0) return
  if (isIPv6(group)) setSocketOption(socket, 'IPV6_LEAVE_GROUP', at)
  else setSocketOption(socket, 'IP_DROP_MEMBERSHIP', { ...at, localAddress: on.joinAddress })
}

function isIPv6({ address }: MulticastGroup): boolean {
  return address.includes(':')
}
