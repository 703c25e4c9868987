import type { Socket } from 'node:dgram'

import { descriptorOf } from './descriptor-of.ts'
import { systemCall } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const ioctl = systemCall('int ioctl(int, uint64_t, int64_t *)')
/** socket(7): when the datagram came in that was given to the user last, as a struct timespec. */
const SIOCGSTAMPNS = 0x8907n

/** Seconds and nanoseconds. One for all sockets of a thread: it is read before the next call. */
const time = new BigInt64Array(2)

/**
 * Has the kernel note when the datagrams of this socket come in, those from now on. Where nobody else
 * has asked for it, it begins within milliseconds; until then a datagram has the time of its being read.
 *
 * @throws {SystemCallError} when the kernel cannot
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function noteReceiveTimes(socket: Socket): void {
  try {
    ioctl(descriptorOf(socket), SIOCGSTAMPNS, time)
  } catch (error) {
    // No datagram was read yet; that it was asked is enough (sock_gettstamp in the kernel's net/core/sock.c).
    if (!(error instanceof SystemCallError && error.code === 'ENOENT')) throw error
  }
}

/**
 * When the kernel received the datagram that `socket` gave last, in nanoseconds since 1970: called in the
 * `message` listener, of that message, however late Node came to read it. (Node reads one datagram with each
 * call, and hands it over before the next; so no control message is needed, which node:dgram would not give.)
 *
 * @throws {SystemCallError} ENOENT when there was none yet
 * @throws {ClosedDescriptorError} when the socket is closed
 */
export function lastReceiveTime(socket: Socket): bigint {
  ioctl(descriptorOf(socket), SIOCGSTAMPNS, time)
  const [seconds = 0n, nanoseconds = 0n] = time
  return seconds * 1_000_000_000n + nanoseconds
}
