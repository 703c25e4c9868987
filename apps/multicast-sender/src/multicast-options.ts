import type { SocketTarget } from '@sockyard/posix/descriptor-of'
import { getSocketOption } from '@sockyard/posix/socket-options'

/** The options of multicast that a sender sets (ip(7), ipv6(7), RFC 3493, 5.2). */
const OPTIONS = {
  IPv4: ['IP_MULTICAST_IF', 'IP_MULTICAST_TTL', 'IP_MULTICAST_LOOP'],
  IPv6: ['IPV6_MULTICAST_IF', 'IPV6_MULTICAST_HOPS', 'IPV6_MULTICAST_LOOP'],
} as const

type MulticastOptions = Record<string, string | number | boolean>

/** They as the kernel reports them back; null where koffi is absent. */
export function multicastOptions(
  target: SocketTarget | undefined,
  group: string,
): MulticastOptions | null {
  if (target === undefined) return null
  const names = OPTIONS[group.includes(':') ? 'IPv6' : 'IPv4']
  try {
    return Object.fromEntries(names.map((name) => [name, getSocketOption(target, name)]))
  } catch {
    return null
  }
}
