import type { SocketOptionRow } from './socket-option-row.ts'

/** Level IPPROTO_UDP (udp(7)). */
export const udpSocketOptions = [
  ['UDP_CORK', 1, 'flag', 'rw', 'What is sent is gathered into one datagram'],
  ['UDP_GRO', 104, 'flag', 'rw', 'Several datagrams of one peer may be received as one'],
  ['UDP_SEGMENT', 103, 'int', 'rw', 'What is sent at once is cut into datagrams of so many bytes'],
] as const satisfies readonly SocketOptionRow[]
