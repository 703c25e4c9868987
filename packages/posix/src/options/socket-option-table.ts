import type { SocketOptionType, SocketOptionValues } from './socket-option-codecs.ts'

/**
 * One option: its name, its number on Linux (x64 and arm64 agree), the type of its value, whether it can be read
 * (`r`), set (`w`) or both, and what it means.
 */
type SocketOptionRow = readonly [
  name: string,
  number: number,
  type: SocketOptionType,
  access: 'r' | 'w' | 'rw',
  meaning: string,
]

/** Level SOL_SOCKET (socket(7)). */
const generalSocketOptions = [
  ['SO_ACCEPTCONN', 30, 'flag', 'r', 'Whether the socket is listening'],
  ['SO_BINDTODEVICE', 25, 'name', 'rw', 'Only what comes in and goes out by this interface'],
  ['SO_BINDTOIFINDEX', 62, 'int', 'rw', 'As SO_BINDTODEVICE, by the number of the interface'],
  ['SO_BROADCAST', 6, 'flag', 'rw', 'Datagrams may be sent to broadcast addresses'],
  ['SO_BUSY_POLL', 46, 'int', 'rw', 'Microseconds to poll the device before waiting'],
  ['SO_DEBUG', 1, 'flag', 'rw', 'Debugging in the network code (a privilege)'],
  ['SO_DOMAIN', 39, 'int', 'r', 'The address family: 1 Unix, 2 IPv4, 10 IPv6'],
  ['SO_DONTROUTE', 5, 'flag', 'rw', 'Bypass routing: only hosts on the same network'],
  ['SO_ERROR', 4, 'int', 'r', 'The pending error, an errno, which reading clears'],
  ['SO_INCOMING_CPU', 49, 'int', 'rw', 'The CPU that handled the last packet'],
  ['SO_KEEPALIVE', 9, 'flag', 'rw', 'An idle connection is probed from time to time'],
  ['SO_LINGER', 13, 'linger', 'rw', 'How long close waits for unsent data; 0 s sends a RST'],
  ['SO_MARK', 36, 'int', 'rw', 'A mark on each packet, for routing and filters (a privilege)'],
  ['SO_OOBINLINE', 10, 'flag', 'rw', 'Urgent data stays in the stream'],
  ['SO_PASSCRED', 16, 'flag', 'rw', 'Unix: the credentials of each sender are received'],
  ['SO_PEERCRED', 17, 'credentials', 'r', 'Unix: process and user of the peer'],
  ['SO_PEEK_OFF', 42, 'int', 'rw', 'Where MSG_PEEK looks; -1 is always the front'],
  ['SO_PRIORITY', 12, 'int', 'rw', 'The priority of each packet in the queues'],
  ['SO_PROTOCOL', 38, 'int', 'r', 'The protocol number: 6 TCP, 17 UDP'],
  ['SO_RCVBUF', 8, 'int', 'rw', 'Bytes of the receive buffer; the kernel doubles what is set'],
  ['SO_RCVBUFFORCE', 33, 'int', 'w', 'SO_RCVBUF beyond rmem_max (a privilege)'],
  ['SO_RCVLOWAT', 18, 'int', 'rw', 'The least bytes that a receive waits for'],
  ['SO_RCVTIMEO', 20, 'timeval', 'rw', 'How long a receive waits'],
  ['SO_REUSEADDR', 2, 'flag', 'rw', 'An address that was in use a moment ago may be bound'],
  ['SO_REUSEPORT', 15, 'flag', 'rw', 'Several sockets may bind one port and share what comes'],
  ['SO_RXQ_OVFL', 40, 'flag', 'rw', 'Each datagram tells how many were dropped before it'],
  ['SO_SNDBUF', 7, 'int', 'rw', 'Bytes of the send buffer; the kernel doubles what is set'],
  ['SO_SNDBUFFORCE', 32, 'int', 'w', 'SO_SNDBUF beyond wmem_max (a privilege)'],
  ['SO_SNDLOWAT', 19, 'int', 'r', 'The least room that a send waits for; always 1 on Linux'],
  ['SO_SNDTIMEO', 21, 'timeval', 'rw', 'How long a send waits'],
  ['SO_TIMESTAMP', 29, 'flag', 'rw', 'Each datagram tells when it came, in microseconds'],
  ['SO_TIMESTAMPNS', 35, 'flag', 'rw', 'Each datagram tells when it came, in nanoseconds'],
  ['SO_TYPE', 3, 'int', 'r', 'The socket type: 1 stream, 2 datagram, 3 raw, 5 seqpacket'],
  ['SO_ZEROCOPY', 60, 'flag', 'rw', 'MSG_ZEROCOPY may be used'],
] as const satisfies readonly SocketOptionRow[]

/** Level IPPROTO_IP (ip(7)). */
const ipv4SocketOptions = [
  ['IP_ADD_MEMBERSHIP', 35, 'ipv4Membership', 'w', 'Joins a group on an interface'],
  ['IP_ADD_SOURCE_MEMBERSHIP', 39, 'ipv4SourceMembership', 'w', 'Joins a group for one source'],
  ['IP_BIND_ADDRESS_NO_PORT', 24, 'flag', 'rw', 'bind to port 0 leaves the port to connect'],
  ['IP_BLOCK_SOURCE', 38, 'ipv4SourceMembership', 'w', 'Stops one source of a joined group'],
  ['IP_DROP_MEMBERSHIP', 36, 'ipv4Membership', 'w', 'Leaves a group on an interface'],
  ['IP_DROP_SOURCE_MEMBERSHIP', 40, 'ipv4SourceMembership', 'w', 'Leaves a group for one source'],
  ['IP_FREEBIND', 15, 'flag', 'rw', 'An address that is not there yet may be bound'],
  ['IP_HDRINCL', 3, 'flag', 'rw', 'Raw: the sender writes the IP header'],
  ['IP_MINTTL', 21, 'int', 'rw', 'Packets with a smaller TTL are dropped'],
  ['IP_MTU', 14, 'int', 'r', 'The path MTU to the peer of a connected socket'],
  ['IP_MTU_DISCOVER', 10, 'int', 'rw', 'Path MTU: 0 never, 1 as the route says, 2 always, 3 probe'],
  ['IP_MULTICAST_ALL', 49, 'flag', 'rw', 'Groups that others joined are received as well'],
  ['IP_MULTICAST_IF', 32, 'ipv4Address', 'rw', 'The interface that multicast goes out by'],
  ['IP_MULTICAST_LOOP', 34, 'flag', 'rw', 'What is sent to a group comes to this host as well'],
  ['IP_MULTICAST_TTL', 33, 'int', 'rw', 'How many routers multicast may pass, and one'],
  ['IP_PKTINFO', 8, 'flag', 'rw', 'Each datagram tells its destination and interface'],
  ['IP_RECVERR', 11, 'flag', 'rw', 'ICMP errors can be read with MSG_ERRQUEUE'],
  ['IP_RECVTOS', 13, 'flag', 'rw', 'Each datagram tells its type of service'],
  ['IP_RECVTTL', 12, 'flag', 'rw', 'Each datagram tells its TTL'],
  ['IP_TOS', 1, 'int', 'rw', 'Type of service: DSCP and ECN of what is sent'],
  ['IP_TRANSPARENT', 19, 'flag', 'rw', 'Addresses of other hosts may be bound (a privilege)'],
  ['IP_TTL', 2, 'int', 'rw', 'How many routers a packet may pass, and one'],
  ['IP_UNBLOCK_SOURCE', 37, 'ipv4SourceMembership', 'w', 'Lets a stopped source of a group again'],
  ['MCAST_JOIN_GROUP', 42, 'groupMembership', 'w', 'Joins a group by interface number'],
  ['MCAST_BLOCK_SOURCE', 43, 'groupSourceMembership', 'w', 'Stops one source of a joined group'],
  ['MCAST_UNBLOCK_SOURCE', 44, 'groupSourceMembership', 'w', 'Lets a stopped source again'],
  ['MCAST_LEAVE_GROUP', 45, 'groupMembership', 'w', 'Leaves a group by interface number'],
  ['MCAST_JOIN_SOURCE_GROUP', 46, 'groupSourceMembership', 'w', 'Joins a group for one source'],
  ['MCAST_LEAVE_SOURCE_GROUP', 47, 'groupSourceMembership', 'w', 'Leaves a group for one source'],
] as const satisfies readonly SocketOptionRow[]

/** Level IPPROTO_IPV6 (ipv6(7), RFC 3493, RFC 3542). */
const ipv6SocketOptions = [
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

/** Level IPPROTO_TCP (tcp(7)). */
const tcpSocketOptions = [
  ['TCP_CONGESTION', 13, 'name', 'rw', 'The algorithm of congestion control'],
  ['TCP_CORK', 3, 'flag', 'rw', 'Segments that are not full wait, for 200 ms at most'],
  ['TCP_DEFER_ACCEPT', 9, 'int', 'rw', 'Seconds to wait for data before a connection is accepted'],
  ['TCP_FASTOPEN', 23, 'int', 'rw', 'Listening: how many connections may begin with data'],
  ['TCP_INFO', 11, 'tcpInfo', 'r', 'What the kernel knows of the connection'],
  ['TCP_KEEPCNT', 6, 'int', 'rw', 'Unanswered keepalive probes until the connection is over'],
  ['TCP_KEEPIDLE', 4, 'int', 'rw', 'Seconds of silence before the first keepalive probe'],
  ['TCP_KEEPINTVL', 5, 'int', 'rw', 'Seconds between keepalive probes'],
  ['TCP_LINGER2', 8, 'int', 'rw', 'Seconds in FIN-WAIT-2 without a socket'],
  ['TCP_MAXSEG', 2, 'int', 'rw', 'Bytes of the largest segment'],
  ['TCP_NODELAY', 1, 'flag', 'rw', 'Small segments go at once (no Nagle, RFC 896)'],
  ['TCP_NOTSENT_LOWAT', 25, 'int', 'rw', 'Unsent bytes below which the socket is writable'],
  ['TCP_QUICKACK', 12, 'flag', 'rw', 'Acknowledgements are not delayed for now'],
  ['TCP_SYNCNT', 7, 'int', 'rw', 'How often a SYN is sent again'],
  ['TCP_USER_TIMEOUT', 18, 'int', 'rw', 'Milliseconds that data may be unacknowledged (RFC 5482)'],
  ['TCP_WINDOW_CLAMP', 10, 'int', 'rw', 'The largest window that is offered'],
] as const satisfies readonly SocketOptionRow[]

/** Level IPPROTO_UDP (udp(7)). */
const udpSocketOptions = [
  ['UDP_CORK', 1, 'flag', 'rw', 'What is sent is gathered into one datagram'],
  ['UDP_GRO', 104, 'flag', 'rw', 'Several datagrams of one peer may be received as one'],
  ['UDP_SEGMENT', 103, 'int', 'rw', 'What is sent at once is cut into datagrams of so many bytes'],
] as const satisfies readonly SocketOptionRow[]

/** The levels of getsockopt(2): the protocol that an option belongs to. */
export const SOCKET_OPTION_LEVELS = {
  SOL_SOCKET: 1,
  IPPROTO_IP: 0,
  IPPROTO_IPV6: 41,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
} as const

type Row =
  | (typeof generalSocketOptions)[number]
  | (typeof ipv4SocketOptions)[number]
  | (typeof ipv6SocketOptions)[number]
  | (typeof tcpSocketOptions)[number]
  | (typeof udpSocketOptions)[number]

/** Every option that is known, as `SO_RCVBUF`. */
export type SocketOptionName = Row[0]
/** What the value of the option `Name` is. */
export type SocketOptionValueOf<Name extends SocketOptionName> = SocketOptionValues[Extract<
  Row,
  readonly [Name, ...unknown[]]
>[2]]

/** An option, as setsockopt(2) numbers it. */
export interface SocketOption {
  readonly name: SocketOptionName
  readonly level: keyof typeof SOCKET_OPTION_LEVELS
  readonly number: number
  readonly type: SocketOptionType
  readonly readable: boolean
  readonly settable: boolean
  readonly meaning: string
}

/**
 * Every option there is here, in the order of the levels. The MCAST_ options are IPPROTO_IP's; on an IPv6 socket
 * they are IPPROTO_IPV6's by the same numbers.
 */
export const socketOptions: readonly SocketOption[] = [
  ...rows('SOL_SOCKET', generalSocketOptions),
  ...rows('IPPROTO_IP', ipv4SocketOptions),
  ...rows('IPPROTO_IPV6', ipv6SocketOptions),
  ...rows('IPPROTO_TCP', tcpSocketOptions),
  ...rows('IPPROTO_UDP', udpSocketOptions),
]

function rows(
  level: SocketOption['level'],
  table: readonly (SocketOptionRow & { 0: SocketOptionName })[],
): SocketOption[] {
  return table.map(([name, number, type, access, meaning]) => {
    const readable = access.includes('r')
    return { name, level, number, type, readable, settable: access.includes('w'), meaning }
  })
}
