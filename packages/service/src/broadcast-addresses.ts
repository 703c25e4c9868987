import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** A /31 has no broadcast address (RFC 3021), and a /32 is one host. */
const LONGEST_PREFIX_WITH_BROADCAST = 30

/**
 * The subnet-directed broadcast address of every IPv4 network this host is on (RFC 919): 192.0.2.255 of
 * 192.0.2.2/24.
 *
 * @param interfaces what os.networkInterfaces() gives
 */
export function broadcastAddresses(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): ReadonlySet<string> {
  return new Set(
    Object.values(interfaces)
      .flatMap((addresses) => addresses ?? [])
      .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? directed(cidr) : [])),
  )
}

/**
 * Those of this host now, or the ones before when there is no descriptor left to ask the kernel with: a service
 * does not end of that.
 */
export function currentBroadcastAddresses(
  before: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  try {
    return broadcastAddresses(networkInterfaces())
  } catch {
    return before
  }
}

function directed(cidr: string): string[] {
  const [address = '', prefix = '32'] = cidr.split('/')
  const length = Number(prefix)
  if (length > LONGEST_PREFIX_WITH_BROADCAST) return []
  const octets = address.split('.').map(Number)
  const hostBits = (index: number): number => 255 >> Math.min(8, Math.max(0, length - index * 8))
  return [octets.map((octet, index) => octet | hostBits(index)).join('.')]
}
