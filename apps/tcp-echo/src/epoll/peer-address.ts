import { bytesToPresentation } from '@sockyard/posix/presentation'
import type { SocketAddress } from '@sockyard/posix/socket-address'

/** `::ffff:0:0/96`: what an IPv4 address looks like to a dual-stack socket (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/**
 * A peer's address as it is shown and counted: an IPv4-mapped one is IPv4, a link-local one has its interface.
 *
 * @returns undefined when it is not an address of the internet
 */
export function peerAddress(
  from: SocketAddress | undefined,
): { address: string; port: number } | undefined {
  if (from === undefined || from.family === 'unix') return undefined
  const { bytes, port, scope } = from
  if (bytes.length === 4) return { address: bytes.join('.'), port }
  if (MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)) {
    return { address: bytes.subarray(12).join('.'), port }
  }
  const zone = scope === 0 ? '' : `%${scope}`
  return { address: `${bytesToPresentation(bytes)}${zone}`, port }
}
