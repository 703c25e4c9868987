import { systemCall } from './libc.ts'
import type { NativeSocket } from './native-socket.ts'

const setsockopt = systemCall('int setsockopt(int, int, int, const int32_t *, uint32_t)')
const SOL_SOCKET = 1
const SOL_IP = 0
const SOL_IPV6 = 41
const SOL_UDP = 17

/** What the kernel is to tell of each datagram: level and name of the option, for either family's sockets. */
const OPTIONS = {
  /** The address it was sent to, and the interface it came in by (IP_PKTINFO, IPV6_RECVPKTINFO). */
  destination: { IPv4: [[SOL_IP, 8]], IPv6: [[SOL_IPV6, 49]] },
  /** IP_RECVTTL, IPV6_RECVHOPLIMIT; a dual-stack socket needs both. */
  hopLimit: {
    IPv4: [[SOL_IP, 12]],
    IPv6: [
      [SOL_IPV6, 51],
      [SOL_IP, 12],
    ],
  },
  /** When the kernel received it (SO_TIMESTAMPNS). */
  timestamp: { IPv4: [[SOL_SOCKET, 35]], IPv6: [[SOL_SOCKET, 35]] },
  /** How many were dropped before it (SO_RXQ_OVFL). */
  drops: { IPv4: [[SOL_SOCKET, 40]], IPv6: [[SOL_SOCKET, 40]] },
  /** Datagrams of one length may be joined into one (UDP_GRO, Linux 5.0): read `segmentBytes`. */
  joined: { IPv4: [[SOL_UDP, 104]], IPv6: [[SOL_UDP, 104]] },
} as const

export type DatagramDetail = keyof typeof OPTIONS

/**
 * Asks the kernel to tell more of each datagram that this socket receives from now on; ReceiveBatch reads it.
 *
 * @param family the socket's own
 * @throws {SystemCallError} ENOPROTOOPT where the kernel does not know of it
 */
export function tellDetails(
  socket: NativeSocket,
  family: 'IPv4' | 'IPv6',
  details: readonly DatagramDetail[],
): void {
  const on = Int32Array.of(1)
  for (const detail of details)
    for (const [level, option] of OPTIONS[detail][family])
      setsockopt(socket.descriptor, level, option, on, 4)
}
