import type { Socket } from 'node:dgram'

import { descriptorOf } from './descriptor-of.ts'
import { integerFunction } from './libc.ts'
import { MSG } from './message-flags.ts'
import { presentationToBytes } from './presentation.ts'
import { encodeSocketAddress } from './socket-address.ts'
import { sendToCall } from './socket-calls.ts'

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
export function sendMadeNow(
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
  const bytes = presentationToBytes(isMapped ? `::ffff:${numeric}` : numeric)
  if (bytes === undefined) throw new RangeError(`${address} is not a numeric address`)
  const scope = zone === undefined ? 0 : ifNameToIndex(zone)
  return encodeSocketAddress({ family: bytes.length === 4 ? 'IPv4' : 'IPv6', bytes, port, scope })
}
