import { AF_INET, AF_INET6, AF_UNIX } from './socket-address.ts'

const FAMILIES = { IPv4: AF_INET, IPv6: AF_INET6, unix: AF_UNIX } as const
const TYPES = { stream: 1, datagram: 2, raw: 3, seqpacket: 5 } as const
/** socket(2): flags that may be joined with the type. */
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

/** What socket(2) is asked for. */
export interface SocketKind {
  family: keyof typeof FAMILIES
  type: keyof typeof TYPES
  /** A number of /etc/protocols; 0, the default, is the one that goes with family and type. */
  protocol?: number
  /** Whether calls that would wait return undefined instead; false by default. */
  nonBlocking?: boolean
}

/** The arguments of socket(2) and of socketpair(2). Every descriptor is closed by exec. */
export function kindArguments(kind: SocketKind): [family: number, type: number, protocol: number] {
  const { family, type, protocol = 0, nonBlocking = false } = kind
  return [
    FAMILIES[family],
    TYPES[type] | SOCK_CLOEXEC | (nonBlocking ? SOCK_NONBLOCK : 0),
    protocol,
  ]
}
