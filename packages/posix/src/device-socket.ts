import { Descriptor } from './descriptor.ts'
import { systemCall } from './libc.ts'
import { AF_INET, AF_INET6, encodeSocketAddress } from './socket-address.ts'

/** socket(2): SOCK_DGRAM with SOCK_NONBLOCK and SOCK_CLOEXEC. */
const DATAGRAM = 2 | 0o4000 | 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_BINDTODEVICE = 25

const socket = systemCall('int socket(int, int, int)')
const bind = systemCall('int bind(int, const uint8_t *, uint32_t)')
const setsockopt = systemCall('int setsockopt(int, int, int, const uint8_t *, uint32_t)')

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
  const ipv4 = where.address.length === 4
  const descriptor = new Descriptor(socket(ipv4 ? AF_INET : AF_INET6, DATAGRAM, 0))
  try {
    const device = Buffer.from(`${where.device}\0`)
    setsockopt(descriptor.number, SOL_SOCKET, SO_REUSEADDR, Int32Array.of(1), 4)
    setsockopt(descriptor.number, SOL_SOCKET, SO_BINDTODEVICE, device, device.length)
    const address = socketAddress(where)
    bind(descriptor.number, address, address.length)
    return descriptor.release()
  } catch (error) {
    descriptor.close()
    throw error
  }
}

function socketAddress({ address, port, deviceIndex }: DeviceAddress): Uint8Array {
  const family = address.length === 4 ? 'IPv4' : 'IPv6'
  return encodeSocketAddress({ family, bytes: Uint8Array.from(address), port, scope: deviceIndex })
}
