import type { Host } from './host.ts'
import type { MtuLimits } from './path-mtu.ts'
import type { Route } from './transport-address.ts'

const UDP_HEADER_BYTES = 8

/** RFC 8899 section 5.1.2: BASE_PLPMTU; of IPv6 every link carries 1,280 B (RFC 8200 section 5). */
const BASE_MTU = { ipv4: 1200, ipv6: 1280 }

/** Jumbo frames: more is to be had on the loopback only, where packets of 64 KiB mean bursts and waiting. */
const LARGEST_MTU = 9000

/** What IP and UDP take of each packet (RFC 6951 section 5.6). */
export const headerBytes = ({ address }: Pick<Route, 'address'>): number =>
  (address.includes(':') ? 40 : 20) + UDP_HEADER_BYTES

/**
 * How large SCTP packets to a peer may be: where they can be kept from being fragmented, up to what the interface and
 * the parameter `mtu` allow; elsewhere what `mtu` says, or the base, which hardly a network fragments.
 */
export function mtuLimits(host: Pick<Host, 'parameters' | 'linkMtu'>, to: Route): MtuLimits {
  const { mtu } = host.parameters
  const base = to.address.includes(':') ? BASE_MTU.ipv6 : BASE_MTU.ipv4
  const link = host.linkMtu(to.local)
  const ceiling = link === undefined ? (mtu ?? base) : Math.min(mtu ?? LARGEST_MTU, link)
  const packetBytes = (ipBytes: number): number => (ipBytes - headerBytes(to)) & ~3
  return {
    base: packetBytes(link === undefined ? ceiling : Math.min(base, ceiling)),
    ceiling: packetBytes(ceiling),
  }
}
