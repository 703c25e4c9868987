/** What every TCP server exports, whichever engine it runs on. */
export const TCP_METRICS = {
  connections: { name: 'sockyard_tcp_connections', help: 'Connections open now' },
  accepted: { name: 'sockyard_tcp_accepted_total', help: 'Connections accepted' },
  refused: { name: 'sockyard_tcp_refused_total', help: 'Connections refused, by reason' },
  expired: { name: 'sockyard_tcp_expired_total', help: 'Ended by a timeout, by reason' },
  errors: { name: 'sockyard_tcp_errors_total', help: 'Connections that failed, by errno' },
  bytes: { name: 'sockyard_tcp_bytes_total', help: 'Bytes received from and sent to peers' },
} as const
