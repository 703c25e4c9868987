import { systemCall } from './libc.ts'
import type { NativeSocket } from './native-socket.ts'

const getsockopt = systemCall('int getsockopt(int, int, int, uint32_t *, uint32_t *)')
const SOL_SOCKET = 1
/** Nine numbers (linux/sock_diag.h), of which the last is SK_MEMINFO_DROPS. */
const SO_MEMINFO = 55
const DROPS = 8

/**
 * How many datagrams the kernel has dropped for want of room on this socket, now (SO_MEMINFO, Linux 4.12); with
 * SO_RXQ_OVFL one hears of them with the next datagram.
 *
 * @throws {SystemCallError} ENOPROTOOPT on an older kernel
 * @throws {ClosedDescriptorError} when the socket is closed
 */
export function kernelDrops(socket: NativeSocket): number {
  const numbers = new Uint32Array(DROPS + 1)
  getsockopt(socket.descriptor, SOL_SOCKET, SO_MEMINFO, numbers, Uint32Array.of(numbers.byteLength))
  return numbers[DROPS] ?? 0
}
