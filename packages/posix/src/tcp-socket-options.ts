import type { SocketOptionRow } from './socket-option-row.ts'

/** Level IPPROTO_TCP (tcp(7)). */
export const tcpSocketOptions = [
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
