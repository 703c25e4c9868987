import type { Socket } from 'node:dgram'

import { systemCall, SystemCallError, integerFunction } from '../ffi/libc.ts'
import { descriptorOf, type SocketTarget } from '../socket/descriptor-of.ts'
import { inetPton, encodeSocketAddress } from '../socket/socket-address.ts'
import { MSG, sendToCall } from '../socket/socket-calls.ts'

const ioctl = systemCall('int ioctl(int, uint64_t, int64_t *)')
/** socket(7): when the datagram came in that was given to the user last, as a struct timespec. */
const SIOCGSTAMPNS = 0x8907n

/** Seconds and nanoseconds. One for all sockets of a thread: it is read before the next call. */
const time = new BigInt64Array(2)

/**
 * Has the kernel note when the datagrams of this socket come in, those from now on. Where no other socket
 * has asked for it, it begins within milliseconds; until then a datagram has the time of its being read.
 *
 * @throws {SystemCallError} when the kernel cannot
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function noteReceiveTimes(socket: SocketTarget): void {
  try {
    ioctl(descriptorOf(socket), SIOCGSTAMPNS, time)
  } catch (error) {
    // No datagram was read yet; that it was asked is enough (sock_gettstamp in the kernel's net/core/sock.c).
    if (!(error instanceof SystemCallError && error.code === 'ENOENT')) throw error
  }
}

/**
 * When the kernel received the datagram that `socket` gave last, also to a peek (MSG_PEEK), in nanoseconds since 1970:
 * called in the `message` listener, of that message, however late Node came to read it. (Node reads one datagram with each
 * call, and hands it over before the next; so no control message is needed, which node:dgram would not give.)
 *
 * @throws {SystemCallError} ENOENT when there was none yet
 * @throws {ClosedDescriptorError} when the socket is closed
 */
export function lastReceiveTime(socket: SocketTarget): bigint {
  ioctl(descriptorOf(socket), SIOCGSTAMPNS, time)
  const [seconds = 0n, nanoseconds = 0n] = time
  return seconds * 1_000_000_000n + nanoseconds
}

const ifNameToIndex = integerFunction('uint32_t if_nametoindex(const char *)')
const FLAGS = MSG.NOSIGNAL | MSG.DONTWAIT

/** Where a datagram goes: a numeric address, a link-local one with its zone (`fe80::1%eth0`). */
export interface DatagramDestination {
  address: string
  port: number
}

/**
 * Sends a datagram that holds the time of its own sending: all is made ready, then `make` is called, and what it
 * gives is sent with one system call. (With node:dgram, done seldom, some 50 µs pass between the reading of the
 * clock and the call.) It overtakes what waits in the queue of `socket`.
 *
 * @param make must not close the socket
 * @param to left out for a connected socket
 * @returns what was made, and whether it was sent: there may be no room for it now
 * @throws {RangeError} when the address is not numeric
 * @throws {SystemCallError} for every errno but EAGAIN
 * @throws {ClosedDescriptorError} when the socket is closed
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function sendTimestamped(
  socket: Socket,
  make: () => Uint8Array,
  to?: DatagramDestination,
): { bytes: Uint8Array; isSent: boolean } {
  const name = to === undefined ? null : socketAddress(socket, to)
  const nameLength = name?.length ?? 0
  const descriptor = descriptorOf(socket)
  const bytes = make()
  const sent = sendToCall(descriptor, bytes, bytes.byteLength, FLAGS, name, nameLength)
  return { bytes, isSent: sent !== undefined }
}

function socketAddress(socket: Socket, { address, port }: DatagramDestination): Uint8Array {
  const [numeric = '', zone] = address.split('%', 2)
  const isMapped = socket.address().family === 'IPv6' && !numeric.includes(':')
  const bytes = inetPton(isMapped ? `::ffff:${numeric}` : numeric)
  if (bytes === undefined) throw new RangeError(`${address} is not a numeric address`)
  const scope = zone === undefined ? 0 : ifNameToIndex(zone)
  return encodeSocketAddress({ family: bytes.length === 4 ? 'IPv4' : 'IPv6', bytes, port, scope })
}
