import type { SocketOptionRow } from './socket-option-row.ts'

/** Level IPPROTO_IPV6 (ipv6(7), RFC 3493, RFC 3542). */
export const ipv6SocketOptions = [
  ['IPV6_DONTFRAG', 62, 'flag', 'rw', 'What does not fit is refused, not cut'],
  ['IPV6_JOIN_GROUP', 20, 'ipv6Membership', 'w', 'Joins a group on an interface'],
  ['IPV6_LEAVE_GROUP', 21, 'ipv6Membership', 'w', 'Leaves a group on an interface'],
  ['IPV6_MTU', 24, 'int', 'rw', 'The path MTU to the peer of a connected socket'],
  [
    'IPV6_MTU_DISCOVER',
    23,
    'int',
    'rw',
    'Path MTU: 0 never, 1 as the route says, 2 always, 3 probe',
  ],
  ['IPV6_MULTICAST_ALL', 29, 'flag', 'rw', 'Groups that others joined are received as well'],
  ['IPV6_MULTICAST_HOPS', 18, 'int', 'rw', 'How many routers multicast may pass, and one'],
  ['IPV6_MULTICAST_IF', 17, 'int', 'rw', 'The number of the interface that multicast goes out by'],
  ['IPV6_MULTICAST_LOOP', 19, 'flag', 'rw', 'What is sent to a group comes to this host as well'],
  ['IPV6_RECVERR', 25, 'flag', 'rw', 'ICMP errors can be read with MSG_ERRQUEUE'],
  ['IPV6_RECVHOPLIMIT', 51, 'flag', 'rw', 'Each datagram tells its hop limit'],
  ['IPV6_RECVPKTINFO', 49, 'flag', 'rw', 'Each datagram tells its destination and interface'],
  ['IPV6_RECVTCLASS', 66, 'flag', 'rw', 'Each datagram tells its traffic class'],
  ['IPV6_TCLASS', 67, 'int', 'rw', 'Traffic class: DSCP and ECN of what is sent'],
  ['IPV6_UNICAST_HOPS', 16, 'int', 'rw', 'How many routers a packet may pass, and one'],
  ['IPV6_V6ONLY', 26, 'flag', 'rw', 'IPv4 does not come to this socket'],
] as const satisfies readonly SocketOptionRow[]
