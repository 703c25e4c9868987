import { setSocketOption } from '../options/socket-options.ts'
import { NativeSocket } from './native-socket.ts'
import type { InternetAddress } from './socket-address.ts'

/** Where a device socket is bound. */
export interface DeviceAddress {
  /** Network interface, such as `eth0`. */
  device: string
  /** Its number, for an IPv6 address that needs a scope (RFC 4007); 0 where there is none. */
  deviceIndex: number
  /** 4 bytes of an IPv4 or 16 of an IPv6 address, in network order. */
  address: readonly number[]
  port: number
}

/**
 * Opens a datagram socket that takes only what comes in on one network interface (socket(7), SO_BINDTODEVICE),
 * bound with SO_REUSEADDR. Linux 5.7 and later allow it without a privilege. node:dgram cannot ask for this,
 * and without it a socket gets the datagrams of its group from every interface another socket joined it on.
 *
 * @returns a descriptor for `dgram.Socket.bind({ fd })`, which owns it from then on
 * @throws {SystemCallError} when a call fails: ENODEV for an unknown interface, EADDRINUSE, EACCES
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function openDeviceSocket(where: DeviceAddress): number {
  const local = internetAddress(where)
  const socket = NativeSocket.open({ family: local.family, type: 'datagram', nonBlocking: true })
  try {
    setSocketOption(socket, 'SO_REUSEADDR', true)
    setSocketOption(socket, 'SO_BINDTODEVICE', where.device)
    socket.bind(local)
    return socket.release()
  } catch (error) {
    socket.close()
    throw error
  }
}

function internetAddress({ address, port, deviceIndex }: DeviceAddress): InternetAddress {
  const family = address.length === 4 ? 'IPv4' : 'IPv6'
  return { family, bytes: Uint8Array.from(address), port, scope: deviceIndex }
}
