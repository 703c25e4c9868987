const IPV4_HEADER_BYTES = 20
const UDP_HEADER_BYTES = 8
/** RFC 791, section 3.1: where a fragment begins is counted in units of 8 bytes. */
const OFFSET_UNIT_BYTES = 8

/**
 * How many IPv4 packets carry one UDP message (RFC 791, section 3.2).
 *
 * @param size bytes of the message, without headers
 * @param mtu bytes of the largest packet, header and all
 */
export function fragmentsOf(size: number, mtu: number): number {
  const datagram = UDP_HEADER_BYTES + size
  if (IPV4_HEADER_BYTES + datagram <= mtu) return 1
  const room = mtu - IPV4_HEADER_BYTES
  const each = room - (room % OFFSET_UNIT_BYTES)
  // The last one need not end at a unit.
  return Math.ceil((datagram - room) / each) + 1
}
