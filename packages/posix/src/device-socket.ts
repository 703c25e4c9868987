import { endianness } from 'node:os'

import { libc } from './libc.ts'

const AF_INET = 2
const AF_INET6 = 10
/** socket(2): SOCK_DGRAM with SOCK_NONBLOCK and SOCK_CLOEXEC. */
const DATAGRAM = 2 | 0o4000 | 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_BINDTODEVICE = 25

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
  const calls = libc()
  const descriptor = calls.socket(where.address.length === 4 ? AF_INET : AF_INET6, DATAGRAM, 0)
  try {
    calls.setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, new Uint8Array(Int32Array.of(1).buffer))
    calls.setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${where.device}\0`))
    calls.bind(descriptor, socketAddress(where))
    return descriptor
  } catch (error) {
    calls.close(descriptor)
    throw error
  }
}

/** A struct sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)): the port in network order, the rest in this machine's. */
function socketAddress({ address, port, deviceIndex }: DeviceAddress): Uint8Array {
  const little = endianness() === 'LE'
  const ipv4 = address.length === 4
  const bytes = new Uint8Array(ipv4 ? 16 : 28)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, ipv4 ? AF_INET : AF_INET6, little)
  view.setUint16(2, port)
  bytes.set(address, ipv4 ? 4 : 8)
  if (!ipv4) view.setUint32(24, deviceIndex, little)
  return bytes
}
